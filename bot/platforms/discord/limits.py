"""What Discord allows, each limit with the page that states it. Lengths are in characters."""

from datetime import timedelta

PARTS = 40
"""Components of a message, nested ones included: https://discord.com/developers/docs/components/reference"""

TEXT = 4_000
"""Over all text displays of a message: https://discord.com/developers/docs/components/reference#text-display"""

BUTTONS_IN_A_ROW = 5
"""https://discord.com/developers/docs/components/reference#action-row"""

ROWS = 5
"""Rows of buttons below embeds: https://discord.com/developers/docs/components/reference#legacy-message-component-behavior"""

CUSTOM_ID = 100
"""https://discord.com/developers/docs/components/reference#anatomy-of-a-component-custom-id"""

BUTTON_LABEL = 80
"""https://discord.com/developers/docs/components/reference#button"""

EMBEDS = 10
"""https://discord.com/developers/docs/resources/message#create-message"""

EMBED_TITLE = 256
"""https://discord.com/developers/docs/resources/message#embed-object-embed-limits"""

EMBED_DESCRIPTION = 4_096
"""https://discord.com/developers/docs/resources/message#embed-object-embed-limits"""

EMBED_FOOTER = 2_048
"""https://discord.com/developers/docs/resources/message#embed-object-embed-limits"""

EMBED_TEXT = 6_000
"""Over all embeds: https://discord.com/developers/docs/resources/message#embed-object-embed-limits"""

URL = 512
"""Discord's, for a button: https://discord.com/developers/docs/components/reference#button. Ours
for links in text too, of which it states none."""

THREAD_NAME = 100
"""https://discord.com/developers/docs/resources/channel#start-thread-from-message"""

NONCE = 25
"""https://discord.com/developers/docs/resources/message#create-message"""

HISTORY_PAGE = 100
"""https://discord.com/developers/docs/resources/message#get-channel-messages"""

MODAL_TITLE = 45
"""https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal"""

MODAL_PARTS = 5
"""https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal"""

FIELD_LABEL = 45
"""https://discord.com/developers/docs/components/reference#label"""

FIELD_HINT = 100
"""https://discord.com/developers/docs/components/reference#label"""

FIELD_VALUE = 4_000
"""https://discord.com/developers/docs/components/reference#text-input"""

CHOICES = 25
"""https://discord.com/developers/docs/components/reference#string-select"""

RADIO_CHOICES = (2, 10)
"""The fewest and the most: https://discord.com/developers/docs/components/reference#radio-group"""

CHOICE = 100
"""Label and value alike: https://discord.com/developers/docs/components/reference#string-select"""

RETRY_AFTER = timedelta(minutes=1)
"""Where a refusal names no time. Invalid requests are counted:
https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans"""
