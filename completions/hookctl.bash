# Completes the arguments of hookctl in bash, by asking hookctl.

_hookctl() {
    local line=$COMP_LINE at=0 start=0 begins=0 index=0 i gap word quoted cur typed prefix reply
    local -a words=()
    # Bash takes words apart at `:` and `=` (COMP_WORDBREAKS): what has no space in between is one word.
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        word=${COMP_WORDS[i]}
        gap=${line%%"$word"*}
        if [[ -n $word && -z $gap && $i -gt 0 ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
            begins=$((at + ${#gap}))
        fi
        if [[ $i -eq $COMP_CWORD ]]; then
            index=$((${#words[@]} - 1))
            start=$begins
            [[ -n $word ]] || start=$COMP_POINT
        fi
        at=$((at + ${#gap} + ${#word}))
        line=${COMP_LINE:at}
    done
    words=("${words[@]//[\\\"\']/}")

    # The word up to the cursor, and how much of it stands before what bash replaces, which is $2.
    cur=${COMP_LINE:start:COMP_POINT - start}
    cur=${cur//[\\\"\']/}
    typed=${2//[\\\"\']/}
    prefix=${cur%"$typed"}
    words[index]=$cur
    # After an opening quote bash quotes by itself.
    quoted=no
    [[ ${COMP_WORDS[COMP_CWORD]} == [\"\']* ]] && quoted=yes

    COMPREPLY=()
    while IFS= read -r reply; do
        [[ -n $reply ]] || continue
        reply=${reply#"$prefix"}
        if [[ $quoted == no && $reply == *[!a-zA-Z0-9_./:=@%+,~-]* ]]; then
            printf -v reply %q "$reply"
        fi
        COMPREPLY+=("$reply")
    done <<<"$(
        _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$index COMPLETE=bash hookctl -- "${words[@]}" 2>/dev/null
    )"
    if [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *[=/:] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

complete -o bashdefault -o nosort -F _hookctl hookctl 2>/dev/null || complete -o bashdefault -F _hookctl hookctl
