"""Slack: one app for one workspace or many, over Socket Mode or HTTP."""

from bot.platforms.slack.adapter import SlackPlatform

__all__ = ["SlackPlatform"]
