"""What Slack allows, each limit with the page that states it. Lengths are in characters."""

from datetime import timedelta

# --- messages and views --------------------------------------------------------------------

MESSAGE_BLOCKS = 50  # https://docs.slack.dev/reference/block-kit/blocks
VIEW_BLOCKS = 100  # https://docs.slack.dev/reference/block-kit/blocks

MESSAGE_CONTENT = 9_000
"""Texts, addresses and values over all blocks of a message. No page states the limit: Slack refused
13,200 characters (github.com/slackapi/bolt-js/issues/2509) and 11,341 where only the texts were
counted (github.com/slackapi/bolt-js/issues/2867)."""

VIEW_CONTENT = 40_000
"""The same for a view, which may have 250 kB: https://docs.slack.dev/reference/methods/views.publish"""

FALLBACK = 3_000
"""The text beside the blocks: 4,000 at best, and escaping may lengthen it.
https://docs.slack.dev/reference/methods/chat.postMessage"""

# --- blocks and their parts ----------------------------------------------------------------

HEADER = 150  # https://docs.slack.dev/reference/block-kit/blocks/header-block
TEXT = 3_000  # https://docs.slack.dev/reference/block-kit/composition-objects/text-object
ACTIONS = 25  # elements, https://docs.slack.dev/reference/block-kit/blocks/actions-block
URL = 3_000  # https://docs.slack.dev/reference/block-kit/block-elements/button-element
BUTTON_LABEL = 75  # https://docs.slack.dev/reference/block-kit/block-elements/button-element
BUTTON_VALUE = 2_000  # https://docs.slack.dev/reference/block-kit/block-elements/button-element
BUTTON_SPOKEN = 75  # https://docs.slack.dev/reference/block-kit/block-elements/button-element
CONFIRM_TEXT = 300
"""https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object"""
CONFIRM_LABEL = 30
"""https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object"""

# --- modals --------------------------------------------------------------------------------

MODAL_TITLE = 24  # https://docs.slack.dev/reference/views/modal-views
MODAL_BUTTON = 24  # https://docs.slack.dev/reference/views/modal-views
PRIVATE_METADATA = 3_000  # https://docs.slack.dev/reference/views/modal-views
BLOCK_ID = 255  # https://docs.slack.dev/reference/block-kit/blocks/input-block
LABEL = 2_000  # https://docs.slack.dev/reference/block-kit/blocks/input-block
HINT = 2_000  # https://docs.slack.dev/reference/block-kit/blocks/input-block
INPUT = 3_000  # https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
OPTIONS = 100  # https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element
RADIO_OPTIONS = 10
"""https://docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element"""
OPTION_LABEL = 75
"""https://docs.slack.dev/reference/block-kit/composition-objects/option-object"""
OPTION_VALUE = 150
"""https://docs.slack.dev/reference/block-kit/composition-objects/option-object"""

# --- calls ---------------------------------------------------------------------------------

PER_MESSAGE = timedelta(seconds=1)
"""Between two messages to one channel: https://docs.slack.dev/apis/web-api/rate-limits"""

HISTORY_PAGE = 200
"""Messages, as recommended: https://docs.slack.dev/apis/web-api/pagination. Some apps get 15:
https://docs.slack.dev/reference/methods/conversations.history"""

PER_LOOKUP = timedelta(seconds=1.2)
"""Between two pages of history in one workspace, 50 a minute: tier 3 of
https://docs.slack.dev/apis/web-api/rate-limits"""

CALL = timedelta(seconds=10)
"""Our own: the longest that one call may take."""
