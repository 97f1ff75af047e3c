# Source this file to run the examples: . examples/env.sh
#
# Sets QALAM_EXAMPLES to this folder, and puts on PATH the examples' Python (examples/setup.sh makes
# it) and, where this is a checkout that was built, its qalam.
QALAM_EXAMPLES="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export QALAM_EXAMPLES
if [ -f "$QALAM_EXAMPLES/../CMakeLists.txt" ]; then
  _qalam_build="$(dirname "$QALAM_EXAMPLES")/build"
else
  _qalam_build="${XDG_CACHE_HOME:-$HOME/.cache}/qalam"
fi
export QALAM_EXAMPLES_VENV="${QALAM_EXAMPLES_VENV:-$_qalam_build/examples-venv}"
for _qalam_bin in "$_qalam_build/dev/bin" "$_qalam_build/release/bin" "$QALAM_EXAMPLES_VENV/bin"; do
  case ":$PATH:" in
    *":$_qalam_bin:"*) ;;
    *) PATH="$_qalam_bin:$PATH" ;;
  esac
done
unset _qalam_build _qalam_bin
export PATH
