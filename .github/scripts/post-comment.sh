#!/usr/bin/env bash
# Writes a file as the pull request's one comment, in place of the one before: post-comment.sh REPOSITORY NUMBER FILE
set -euo pipefail
repository=$1 number=$2 file=$3
[[ $number =~ ^[0-9]+$ ]] || { echo "error: $number is no pull request's number" >&2; exit 2; }
# Only its own comment counts: anybody may write the marker.
export MARKER='<!-- lgtm-platform:plan -->'
comment=$(gh api --paginate "repos/$repository/issues/$number/comments" --jq \
  '.[] | select(.user.login == "github-actions[bot]" and (.body | startswith(env.MARKER))) | .id' | head -n 1)
if [[ -n $comment ]]; then
  gh api --method PATCH "repos/$repository/issues/comments/$comment" -F "body=@$file" > /dev/null
else
  gh api --method POST "repos/$repository/issues/$number/comments" -F "body=@$file" > /dev/null
fi
