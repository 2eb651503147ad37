# Sourced by what runs several steps. At the end, also after a failure, it prints how long each step took.

times=()
trap 'printf "\n== times\n"; if [ ${#times[@]} -gt 0 ]; then printf "%s\n" "${times[@]}"; fi' EXIT

step() {
  printf '\n== %s\n' "$*"
  local started=$SECONDS status=0
  "$@" || status=$?
  times+=("$(printf '%5d s  %s' "$((SECONDS - started))" "$*")")
  if [ "$status" -ne 0 ]; then
    printf '== failed with %d: %s\n' "$status" "$*" >&2
    exit "$status"
  fi
}
