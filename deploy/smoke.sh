#!/usr/bin/env bash
# Does this hub do its work? Posts an article, waits until a feed has it, takes it back, waits for 410.
#
#   deploy/smoke.sh URL [KEY]        the key also comes from SEEALSO_KEY
#
# It leaves the withdrawn article behind. Exit code 0 when all of it went well.
set -euo pipefail

hub=${1:?usage: deploy/smoke.sh URL [KEY]}
hub=${hub%/}
key=${2:-${SEEALSO_KEY:?give the key as the second argument, or in SEEALSO_KEY}}
patience=${PATIENCE:-60} # seconds for each step
mark="smoke-$$-${RANDOM}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "smoke: $1" >&2
    exit 1
}

# status METHOD PATH [curl's options]: the status; the body is in $work/body.
status() {
    curl --silent --show-error --max-time 20 --output "$work/body" --write-out '%{http_code}' \
        --request "$1" --header "Authorization: Bearer $key" "${@:3}" "$hub$2" || echo 000
}

wait_for() { # WHAT TEST...
    local deadline=$((SECONDS + patience))
    until "${@:2}"; do
        [ $SECONDS -lt $deadline ] || fail "not within $patience s: $1"
        sleep 0.2
    done
    echo "smoke: $1"
}

ready() { [ "$(status GET /readyz)" = 200 ]; }
listed() { [ "$(status GET "/topics/$mark/feed.rss")" = 200 ] && grep -q "$title" "$work/body"; }
unlisted() { [ "$(status GET "/topics/$mark/feed.rss")" = 200 ] && ! grep -q "$title" "$work/body"; }
gone() { [ "$(status GET "/articles/$id")" = 410 ]; }

wait_for "the hub is ready" ready
title="Is this hub at work? $mark"
article="{\"external_id\": \"$mark\", \"title\": \"$title\", \"topics\": [\"$mark\"], \"text\": \"It seems so.\"}"
took=$(status POST "/api/articles?source=smoke" --header 'Content-Type: application/json' --data "$article")
[ "$took" = 202 ] || fail "the article was not taken (HTTP $took): $(cat "$work/body")"
id=$(sed -nE 's/.*"accepted": ?\[\{"id": ?"([a-z0-9]+)".*/\1/p' "$work/body")
[ -n "$id" ] || fail "the article was refused: $(cat "$work/body")"
echo "smoke: article $id is in"
wait_for "its topic's feed has it" listed
for extension in html rss atom json txt eml; do
    made() { [ "$(status GET "/articles/$id.$extension")" = 200 ]; }
    wait_for "it is there as $extension" made
done
took=$(status DELETE "/api/articles/$id" --header 'Content-Type: application/json' \
    --data '{"reason": "only a test"}')
[ "$took" = 200 ] || fail "it could not be withdrawn (HTTP $took): $(cat "$work/body")"
wait_for "its page answers 410" gone
wait_for "it is gone from the feed" unlisted
echo "smoke: this hub works"
