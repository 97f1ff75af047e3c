# Source this file to run the examples: . examples/env.sh
#
# Sets QALAM_EXAMPLES to this folder, and puts on PATH the examples' Python (examples/setup.sh makes
# it) and, where this is a checkout that was built, its qalam: the newest that there is.
QALAM_EXAMPLES="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export QALAM_EXAMPLES
if [ -f "$QALAM_EXAMPLES/../CMakeLists.txt" ]; then
  _qalam_build="$(dirname "$QALAM_EXAMPLES")/build"
else
  _qalam_build="${XDG_CACHE_HOME:-$HOME/.cache}/qalam"
fi
export QALAM_EXAMPLES_VENV="${QALAM_EXAMPLES_VENV:-$_qalam_build/examples-venv}"
_qalam_first=release _qalam_second=dev
if [ "$_qalam_build/dev/bin/qalam" -nt "$_qalam_build/release/bin/qalam" ]; then
  _qalam_first=dev _qalam_second=release
fi
for _qalam_bin in "$_qalam_build/$_qalam_second/bin" "$_qalam_build/$_qalam_first/bin" \
  "$QALAM_EXAMPLES_VENV/bin"; do
  case ":$PATH:" in
    *":$_qalam_bin:"*) ;;
    *) PATH="$_qalam_bin:$PATH" ;;
  esac
done
unset _qalam_build _qalam_bin _qalam_first _qalam_second
export PATH
