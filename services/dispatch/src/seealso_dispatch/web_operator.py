"""Newsletters by HTTP: the operator's API. Answers are JSON; every route wants the key."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from seealso_core.openapi import describe
from seealso_core.web import Guard, Problem, json_answer
from seealso_store import newsletters, readers
from seealso_store.clock import iso

from seealso_dispatch.errors import BadAddress, UnknownTopic
from seealso_dispatch.flow import Dispatch, Prepared

TAG = "newsletters"
_NO_TOPIC = {404: "There is no such topic."}


class OperatorApi:
    """What the `seealso newsletters` command calls."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    def register(self, routes: Blueprint, guard: Guard) -> None:
        """Add the routes, each behind the key."""
        for rule, method, view in (
            ("/api/newsletters", "GET", self.newsletters),
            ("/api/newsletters/issues", "POST", self.prepare_all),
            ("/api/newsletters/<slug>", "GET", self.newsletter),
            ("/api/newsletters/<slug>/issues", "POST", self.prepare),
            ("/api/newsletters/issues/<issue_id>/deliveries", "GET", self.deliveries),
            ("/api/consents", "GET", self.consents),
            ("/api/newsletters/readers/<email>", "DELETE", self.erase),
        ):
            routes.add_url_rule(rule, view.__name__, guard.required(view), methods=[method])

    @describe("Every newsletter with its readers and issues.", tag=TAG)
    def newsletters(self) -> ResponseReturnValue:
        found = self._dispatch.newsletters()
        return json_answer({"newsletters": [_newsletter(one) for one in found]})

    @describe(
        "Make an issue of every newsletter that has something new.",
        tag=TAG,
        responses={202: "The issues that were made; they are on their way."},
    )
    def prepare_all(self) -> ResponseReturnValue:
        made = self._dispatch.prepare_all()
        return json_answer({"issues": [_prepared(one) for one in made]}, 202)

    @describe(
        "Make an issue of what is new under a topic; null when nothing is.",
        tag=TAG,
        responses={200: "No issue, and why.", 202: "It is on its way.", **_NO_TOPIC},
    )
    def prepare(self, slug: str) -> ResponseReturnValue:
        try:
            made = self._dispatch.prepare_issue(slug)
        except UnknownTopic as error:
            raise _no_topic(error) from error
        if made is None:
            reason = "nothing is new since the last issue, or nobody has confirmed a sign-up"
            return json_answer({"issue": None, "reason": reason})
        return json_answer({"issue": _prepared(made)}, 202)

    @describe("A newsletter's readers, issues and deliveries.", tag=TAG, responses=_NO_TOPIC)
    def newsletter(self, slug: str) -> ResponseReturnValue:
        try:
            label = self._dispatch.label(slug)
        except UnknownTopic as error:
            raise _no_topic(error) from error
        report = self._dispatch.report(slug)
        return json_answer(
            {
                "slug": slug,
                "label": label,
                "readers": [{"email": email, "state": state} for email, state in report.readers],
                "issues": [_issue(made, counts) for made, counts in report.issues],
            }
        )

    @describe("Who got an issue, who did not, and why.", tag=TAG)
    def deliveries(self, issue_id: str) -> ResponseReturnValue:
        rows = [
            {"email": d.email, "state": d.state, "attempts": d.attempts, "error": d.error}
            for d in self._dispatch.deliveries(issue_id)
        ]
        return json_answer({"deliveries": rows})

    @describe("The evidence of consent of one address.", tag=TAG, query={"email": "The address."})
    def consents(self) -> ResponseReturnValue:
        found = self._dispatch.consents(request.args.get("email", ""))
        return json_answer({"consents": [_consent(one) for one in found]})

    @describe(
        "Forget a reader: only a keyed hash of the address stays.",
        tag=TAG,
        responses={
            204: "Forgotten.",
            400: "This is no e-mail address.",
            404: "Nobody of this address is here.",
        },
    )
    def erase(self, email: str) -> ResponseReturnValue:
        try:
            known = self._dispatch.erase_address(email)
        except BadAddress as error:
            raise Problem(400, "address-invalid", str(error)) from error
        if not known:
            raise Problem(404, "reader-unknown", f"There is no reader {email}.")
        return "", 204


def _no_topic(error: UnknownTopic) -> Problem:
    return Problem(404, "topic-unknown", str(error), near=list(error.near))


def _newsletter(one: newsletters.Newsletter) -> dict[str, object]:
    return {
        "slug": one.slug,
        "label": one.label,
        "confirmed": one.confirmed,
        "pending": one.pending,
        "issues": one.issues,
        "last_issue": None if one.last_issue is None else iso(one.last_issue),
    }


def _issue(made: newsletters.Issue, counts: dict[str, int]) -> dict[str, object]:
    return {
        "id": made.id,
        "number": made.number,
        "subject": made.subject,
        "created": iso(made.created),
        "state": made.state,
        "deliveries": counts,
    }


def _prepared(made: Prepared) -> dict[str, object]:
    return {
        "id": made.issue.id,
        "subject": made.issue.subject,
        "articles": made.articles,
        "deliveries": made.deliveries,
        "suppressed": made.suppressed,
    }


def _consent(one: readers.Consent) -> dict[str, object]:
    return {
        "topic": one.slug,
        "wording": one.wording,
        "privacy": one.privacy,
        "page": one.page,
        "asked": iso(one.asked),
        "confirmed": None if one.confirmed is None else iso(one.confirmed),
    }
