# Sourced by what CI runs.

step() {
  printf '\n== %s\n' "$*"
  local started=$SECONDS
  "$@"
  printf '== %s: %d s\n' "$*" "$((SECONDS - started))"
}
