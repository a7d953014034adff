"""Newsletters by HTTP: the readers' pages.

A GET never changes anything (mail scanners open every link): joining, leaving and choosing are
POSTs. The one-click POST of RFC 8058 needs no cookie and no login, and is answered with 200.
"""

from __future__ import annotations

from importlib.resources import files

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from seealso_core import signup
from seealso_core.openapi import describe
from seealso_core.web import Guard
from seealso_store.clock import now

from seealso_dispatch import pages
from seealso_dispatch.errors import BadAddress, BadToken, UnknownTopic
from seealso_dispatch.flow import Dispatch
from seealso_dispatch.limits import Limiter
from seealso_dispatch.web_operator import OperatorApi

FORM_MAX = 16_384  # bytes
TAG = "newsletters"
_NO_TOPIC = {404: "There is no such newsletter."}
_BAD_LINK = {404: "The link is none of this hub's."}


def blueprint(dispatch: Dispatch, guard: Guard, hub_name: str) -> Blueprint:
    """All routes of this service."""
    routes = Blueprint("dispatch", __name__)
    reader = ReaderPages(dispatch, hub_name)
    for rule, method, view in (
        ("/newsletters/newsletters.css", "GET", reader.stylesheet),
        ("/newsletters/<slug>", "GET", reader.form),
        ("/newsletters/<slug>", "POST", reader.sign_up),
        ("/newsletters/confirm/<token>", "GET", reader.asked),
        ("/newsletters/confirm/<token>", "POST", reader.confirm),
        ("/newsletters/unsubscribe/<token>", "GET", reader.leaving),
        ("/newsletters/unsubscribe/<token>", "POST", reader.leave),
        ("/newsletters/preferences/<token>", "GET", reader.preferences),
        ("/newsletters/preferences/<token>", "POST", reader.choose),
    ):
        routes.add_url_rule(rule, view.__name__, view, methods=[method])
    OperatorApi(dispatch).register(routes, guard)
    routes.register_error_handler(BadToken, reader.bad_link)
    routes.register_error_handler(UnknownTopic, reader.unknown)
    return routes


class ReaderPages:
    """Signing up, confirming, leaving, choosing."""

    def __init__(self, dispatch: Dispatch, hub_name: str) -> None:
        self._dispatch = dispatch
        self._name = hub_name
        self._limiter = Limiter()
        self._style = files("seealso_dispatch").joinpath("templates/newsletters.css").read_bytes()

    @describe("The style sheet of the newsletter pages.", tag=TAG, media="text/css")
    def stylesheet(self) -> ResponseReturnValue:
        return Response(self._style, mimetype="text/css", headers={"Cache-Control": "max-age=3600"})

    @describe("The sign-up form of a topic's newsletter.", tag=TAG, responses=_NO_TOPIC)
    def form(self, slug: str) -> ResponseReturnValue:
        return self._form(slug)

    @describe(
        "Ask to join a topic's newsletter (form fields: email, page).",
        tag=TAG,
        media="text/html",
        responses={
            202: "A mail with a link is on its way, if the address can get mail.",
            400: "This is no e-mail address.",
            429: "Too many from this address of the net within an hour.",
            **_NO_TOPIC,
        },
    )
    def sign_up(self, slug: str) -> ResponseReturnValue:
        request.max_content_length = FORM_MAX
        if not self._limiter.allow(request.remote_addr or "", now()):
            text = "Too many sign-ups from your network. Please try again in an hour."
            return self._say("Please wait", text), 429, {"Retry-After": "3600"}
        email, page = request.form.get("email", ""), request.form.get("page", "")
        try:
            self._dispatch.sign_up(slug, email, page)
        except BadAddress as error:
            return self._form(slug, error=str(error)), 400
        # The same answer whether or not a mail goes out: nobody learns who is subscribed.
        return self._say(
            "One more step",
            "If this address can get mail, a message with a link is on its way to it.",
            "Open the link and press the button there: only then does the newsletter begin. "
            "The link works for two days.",
        ), 202

    @describe(
        "What a confirmation link is about, and the button.",
        tag=TAG,
        responses={410: "The link is too old.", **_BAD_LINK},
    )
    def asked(self, token: str) -> ResponseReturnValue:
        about = self._dispatch.asked(token)
        if about.state == "confirmed":
            return self._say("Confirmed", f"You get {about.label} by e-mail.")
        if about.state == "expired":
            return self._late()
        text = [about.wording, about.privacy]
        title = f"{about.label} by e-mail"
        return pages.button_page(self._name, title, text, "Yes, send it to me")

    @describe("Confirm a sign-up.", tag=TAG, responses={410: "The link is too old.", **_BAD_LINK})
    def confirm(self, token: str) -> ResponseReturnValue:
        request.max_content_length = FORM_MAX
        self._dispatch.confirm(token)
        about = self._dispatch.asked(token)
        if about.state != "confirmed":
            return self._late()
        return self._say("Thank you", f"You will get new articles on {about.label} by e-mail.")

    @describe("The page with the button to leave a newsletter.", tag=TAG, responses=_BAD_LINK)
    def leaving(self, token: str) -> ResponseReturnValue:
        _, slug = self._dispatch.tokens.read_unsubscribe(token)
        text = [f"Shall we stop sending you {self._label(slug)}?"]
        return pages.button_page(self._name, "Leave the newsletter", text, "Yes, stop it")

    @describe("Leave a newsletter, by one POST (RFC 8058).", tag=TAG, responses=_BAD_LINK)
    def leave(self, token: str) -> ResponseReturnValue:
        request.max_content_length = FORM_MAX
        slug = self._dispatch.leave(token)
        return self._say("Done", f"You will get no more mail of {self._label(slug)}.")

    @describe("A reader's newsletters.", tag=TAG, responses=_BAD_LINK)
    def preferences(self, token: str) -> ResponseReturnValue:
        mine = self._dispatch.preferences(token)
        return pages.preferences_page(self._name, mine, saved=False)

    @describe(
        "Keep some newsletters, leave the others, or be forgotten.", tag=TAG, responses=_BAD_LINK
    )
    def choose(self, token: str) -> ResponseReturnValue:
        request.max_content_length = FORM_MAX
        wish = request.form.get("do", "save")
        if wish == "erase":
            self._dispatch.erase(token)
            return self._say("Forgotten", "Your address and all that we kept about it are deleted.")
        keep = set() if wish == "none" else set(request.form.getlist("keep"))
        self._dispatch.choose(token, keep)
        mine = self._dispatch.preferences(token)
        return pages.preferences_page(self._name, mine, saved=True)

    def bad_link(self, error: BadToken) -> ResponseReturnValue:
        """404 for a token that is not ours."""
        text = f"It says: {error}. Copy the link whole from the mail, or sign up again."
        return self._say("This link does not work", text), 404

    def unknown(self, error: UnknownTopic) -> ResponseReturnValue:
        """404 for a topic that is not there."""
        text = "The list of topics may have what you look for."
        return self._say("There is no such newsletter", text), 404

    def _form(self, slug: str, error: str = "") -> str:
        label = self._dispatch.label(slug)
        page = request.form.get("page", request.base_url)
        box = signup.box(slug, label, page, self._name)
        return pages.signup_page(self._name, f"{label} by e-mail", box, error)

    def _late(self) -> ResponseReturnValue:
        text = "It worked for two days. Please sign up again; you will get a new one."
        return self._say("This link is too old", text), 410

    def _say(self, title: str, *paragraphs: str) -> str:
        return pages.message_page(self._name, title, *paragraphs)

    def _label(self, slug: str) -> str:
        try:
            return self._dispatch.label(slug)
        except UnknownTopic:
            return slug  # the topic is gone, the right to leave stays
