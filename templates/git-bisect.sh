#!/bin/sh
# For "git bisect run" in a kernel tree: builds the commit and judges it by scenarios.
#
#   cd ~/linux
#   make defconfig && mptcp-conformance kernel-config > guest.config
#   scripts/kconfig/merge_config.sh .config guest.config
#   git bisect start BAD GOOD
#   git bisect run /path/to/templates/git-bisect.sh 3.5-fast-close/sent
#
# Environment: MPTCP_CONFORMANCE (the command, default "npx mptcp-conformance"), REPEAT (runs of each commit, default 1),
# MAKE_TARGET (default "bzImage modules"), JOBS (default: all processors).
#
# Exit codes, as git wants them: 0 good, 1 bad, 125 cannot be told (does not build, does not start, inconclusive).
set -u

[ $# -gt 0 ] || { echo "usage: git bisect run $0 SCENARIO..." >&2; exit 125; }
: "${MPTCP_CONFORMANCE:=npx mptcp-conformance}" "${REPEAT:=1}" "${MAKE_TARGET:=bzImage modules}" "${JOBS:=$(nproc)}"

folder=$(mktemp -d) || exit 125
trap 'rm -rf "$folder"' EXIT

# shellcheck disable=SC2086 # several targets, and a command with arguments
make olddefconfig >"$folder/make.log" 2>&1 && make -j"$JOBS" $MAKE_TARGET >>"$folder/make.log" 2>&1 || {
  tail -n 5 "$folder/make.log" >&2
  exit 125
}

round=0
while [ "$round" -lt "$REPEAT" ]; do
  round=$((round + 1))
  status=0
  # shellcheck disable=SC2086
  $MPTCP_CONFORMANCE run "$@" --sut "kernel:$PWD" --concurrency 1 --deviations none --output "$folder/run" || status=$?
  case $status in
    0) ;;
    1) exit 1 ;;
    *) exit 125 ;;
  esac
done
exit 0
