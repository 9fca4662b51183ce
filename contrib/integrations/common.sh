# What the scripts of the panels share; sourced by them. Not a command.
# shellcheck shell=bash
set -euo pipefail

undo=no
folder=/etc/postfix
helper=$(command -v closedrelay-postfix || echo "$(dirname "${BASH_SOURCE[0]}")/../postfix/closedrelay-postfix")

# Sets `undo`, and `folder` where an argument names it: whose main.cf, or whose installation, it is about.
read_arguments() {
    while [ $# -gt 0 ]; do
        case "$1" in
        --undo) undo=yes ;;
        -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) echo "$(basename "$0"): '$1' is not understood; --help tells what is" >&2; exit 64 ;;
        *) folder=$1 ;;
        esac
        shift
    done
}

# In or out of main.cf and master.cf; Postfix is reloaded where something was changed and it is the machine's own.
settle_postfix() {
    local options=(-c "$folder")
    [ "$folder" != /etc/postfix ] || options+=(-r)
    if [ $undo = yes ]; then "$helper" "${options[@]}" disable; else "$helper" "${options[@]}" enable; fi
}

# The panel writes these files anew at updates: from then on systemd puts closedrelay back. Taking it out ends that too.
settle_watch() {
    [ $undo = no ] && [ "$folder" = /etc/postfix ] && [ -d /run/systemd/system ] || return 0
    systemctl enable --now closedrelay-postfix.path
}

# Standard input without our block, and with what was before it byte for byte.
without_block() {
    sed -zE 's/\n# closedrelay: begin[^\n]*, behind a line without an end\n.*\n# closedrelay: end\n//
        s/(^|\n)# closedrelay: begin[^\n]*\n.*\n# closedrelay: end\n/\1/'
}

# settle_block FILE [FIRST]: standard input between two marks at the end of FILE, once; with --undo it is taken out, and FILE is
# what it was. A FILE that is not there becomes a script that begins with the line FIRST, and is gone again after --undo.
settle_block() {
    local mark='# closedrelay: begin' is_new=no is_ended=yes
    if [ -e "$1" ]; then
        cp -p "$1" "$1.new"
        without_block <"$1" >"$1.new"
        ! grep -q '^# closedrelay: begin, of a new file' "$1" || is_new=yes
    elif [ $undo = yes ]; then
        return 0
    else
        is_new=yes
        printf '%s' "${2:+$2$'\n'}" >"$1.new"
        [ -z "${2:-}" ] || chmod 755 "$1.new"
    fi
    if [ $undo = yes ]; then
        if [ $is_new = yes ] && [ "$(cat "$1.new")" = "${2:-}" ]; then
            rm "$1" "$1.new"
            return 0
        fi
    else
        [ -z "$(tail -c 1 "$1.new")" ] || is_ended=no
        [ $is_new = no ] || mark+=', of a new file'
        [ $is_ended = yes ] || mark=$'\n'$mark', behind a line without an end'
        { echo "$mark"; cat; echo '# closedrelay: end'; } >>"$1.new"
    fi
    mv "$1.new" "$1"
}
