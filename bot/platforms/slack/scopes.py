"""What the app asks Slack for: scopes and events, each because something here needs it.

`deploy/slack-manifest.yaml` says the same; a test holds the two together.
"""

BOT_SCOPES = (
    "app_mentions:read",  # commands by mention
    "channels:history",  # whether a message that may have been posted was, in public channels
    "channels:join",  # posting where a public channel subscribed and nobody invited the bot
    "channels:read",  # a channel's name, maker and members
    "chat:write",  # every message
    "commands",  # the slash command and the message shortcut
    "files:read",  # a library that a person sends to the bot, when they send it
    "files:write",  # a person's own data as a file
    "groups:history",  # as channels:history, in private channels
    "groups:read",  # as channels:read, in private channels
    "im:history",  # commands by direct message; and as channels:history
    "im:write",  # opening a person's direct messages
    "users:read",  # a person's name, zone and standing
)

APP_SCOPE = "connections:write"
"""The one scope of the app-level token, for Socket Mode."""

EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_left",
    "channel_unarchive",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.im",
    "tokens_revoked",
)

SHORTCUT = "more_like_this"
"""The message shortcut's `callback_id`."""
