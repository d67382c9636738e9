# The names of the plugins that weft would find: in the folder "plugins" beside
# the program, or else where its installation has them.
_weft_plugins()
{
	local program folder file names=()
	program=$(readlink -f -- "$(type -P "${words[0]}")") || return
	for folder in "${program%/*}/plugins" \
		"${program%/*/*}/$_weft_plugin_subdir"; do
		[[ -d $folder ]] || continue
		for file in "$folder"/*.so; do
			[[ -f $file ]] || continue
			file=${file##*/}
			names+=("${file%.so}")
		done
		break
	done
	COMPREPLY+=($(compgen -W "${names[*]}" -- "$cur"))
}

# _weft_complete KIND... - the current word, when it is any of these.
_weft_complete()
{
	local kind
	for kind; do
		case $kind in
		file) _filedir ;;
		folder) _filedir -d ;;
		plugin)
			# What follows a comma are the plugin's own options.
			[[ $cur == *,* ]] && continue
			[[ $cur == */* ]] || _weft_plugins
			_filedir so
			;;
		+*)
			COMPREPLY+=($(compgen -W "${kind#+}" -- "$cur"))
			;;
		esac
	done
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *: ]]; then
		compopt -o nospace
	fi
	__ltrim_colon_completions "$cur"
}

_weft()
{
	local cur prev words cword split
	local command=weft operand=1 value='' below='' options='' kinds=()
	local word i
	_init_completion -s -n : || return

	_weft_words "$command"
	for ((i = 1; i < cword; i++)); do
		word=${words[i]}
		if [[ $value ]]; then
			value=''
		elif [[ $word == -* ]]; then
			_weft_value "$command $word" && value=$word
		elif [[ " $below " == *" $word "* ]]; then
			command+=" $word"
			_weft_words "$command"
		else
			((operand++))
		fi
	done
	[[ $split != true ]] || value=$prev

	if [[ $value ]]; then
		_weft_value "$command $value" && _weft_complete "${kinds[@]}"
	elif [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$options" -- "$cur"))
	elif [[ $below ]]; then
		COMPREPLY=($(compgen -W "$below" -- "$cur"))
	elif _weft_operand "$command $operand"; then
		_weft_complete "${kinds[@]}"
	else
		COMPREPLY=($(compgen -W "$options" -- "$cur"))
	fi
} &&
	complete -F _weft weft
