"""A person in front of a modal: filling it in, submitting, closing, and what the app replies."""

from typing import TYPE_CHECKING, Any

from fakes.slack import blocks as kit
from fakes.slack import interactions, payloads
from fakes.slack.calls import SlackError
from fakes.slack.delivery import Handed
from fakes.slack.state import Json, User, View
from fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer


class Modals:
    """The part of a Person that deals with modals."""

    server: "SlackServer"
    workspace: Workspace
    user: User
    id: str

    @property
    def modals(self) -> list[View]:
        """The stack of open modals, the front one last."""
        return self.workspace.modals.setdefault(self.id, [])

    @property
    def modal(self) -> View | None:
        """The modal in front of them."""
        return self.modals[-1] if self.modals else None

    async def submit(self, values: dict[str, Any] | None = None) -> Handed:
        """Fill the front modal in and submit it.

        `values` go by action_id, block_id or label; what is not named keeps its initial value.
        Raises ValueError where Slack itself would not let it through (required, too long), and
        LookupError for fields or options that are not there.
        """
        view = self._front()
        if "submit" not in view.body:
            raise LookupError("the modal has no submit button")
        self.fill(values or {})
        self._complain(view)
        payload = interactions.view_submission(self.server, self.workspace, self.user, view)
        return await self.server.delivery.hand(
            "interactive", payload, lambda handed: self._responded(view, handed.answer)
        )

    def fill(self, values: dict[str, Any]) -> None:
        """Fill fields of the front modal in without submitting it."""
        view = self._front()
        for name, value in values.items():
            for block in view.blocks:
                for holder, element in kit.elements([block]):
                    if element["type"] not in kit.INPUTS:
                        continue
                    label = (block.get("label") or {}).get("text")
                    if name in (element["action_id"], holder["block_id"], label):
                        state = interactions.entered(element, value)
                        view.state[holder["block_id"]][element["action_id"]] = state
                        break
                else:
                    continue
                break
            else:
                raise LookupError(f"no field is called {name!r} in {view.title!r}")

    def _front(self) -> View:
        if self.modal is None:
            raise LookupError("no modal is open")
        return self.modal

    def _complain(self, view: View) -> None:
        for block in view.blocks:
            if block["type"] != "input":
                continue
            element, label = block["element"], block["label"]["text"]
            state = view.state[block["block_id"]][element["action_id"]]
            value = state[kit.state_key(element["type"])]
            if not value and not block.get("optional"):
                raise ValueError(f"Slack requires {label!r}")
            if isinstance(value, str) and value:
                least, most = element.get("min_length", 0), element.get("max_length", 3000)
                if not least <= len(value) <= most:
                    raise ValueError(f"Slack wants {least} to {most} characters in {label!r}")

    def _responded(self, view: View, answer: Json | None) -> None:
        """What an answer to a submission does: nothing said closes the modal in front."""
        view.errors = {}
        stack = self.modals
        action = (answer or {}).get("response_action")
        if action is None:
            if answer:
                self._violated(answer, "an answer to a submission needs a response_action")
            stack.pop()
        elif action == "clear":
            stack.clear()
        elif action == "errors":
            errors = (answer or {}).get("errors") or {}
            inputs = {b["block_id"] for b in view.blocks if b["type"] == "input"}
            if not errors or not set(errors) <= inputs:
                self._violated(answer, f"errors must name input blocks: {sorted(inputs)}")
            view.errors = errors
        elif action in ("update", "push"):
            self._shown(view, action, (answer or {}).get("view"))
        else:
            self._violated(answer, f"no response_action is called {action!r}")

    def _shown(self, view: View, action: str, body: Any) -> None:
        try:
            self.server.checked(f"response_action {action}", body, payloads.check_view(body))
        except SlackError:
            return  # kept as a violation; the person sees "we had some trouble connecting"
        if action == "update":
            self.workspace.redraw(view, body)
        else:
            self.modals.append(self.workspace.new_view(self.id, body, under=view))

    def _violated(self, answer: Json | None, problem: str) -> None:
        self.server.violated("view_submission", answer or {}, [problem])

    async def close_modal(self, *, all_of_them: bool = False) -> list[Handed]:
        """Close the front modal, or the whole stack; the app hears of it where it asked to."""
        closed = list(reversed(self.modals)) if all_of_them else [self._front()]
        for view in closed:
            self.modals.remove(view)
        return [
            await self.server.delivery.hand(
                "interactive",
                interactions.view_closed(
                    self.server, self.workspace, self.user, view, all_of_them=all_of_them
                ),
            )
            for view in closed
            if view.body.get("notify_on_close")
        ]
