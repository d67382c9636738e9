# The names of the plugins that weft would find: in the folder "plugins" beside
# the program, or else where its installation has them.
__weft_plugins() {
	local folder=${commands[weft]:A:h}/plugins
	local -a names
	[[ -d $folder ]] || folder=${commands[weft]:A:h:h}/$__weft_plugin_subdir
	names=($folder/*.so(N:t:r))
	compadd -a names
}

# __weft_complete KIND... - the current word, when it is any of these.
__weft_complete() {
	local kind
	for kind in "$@"; do
		case $kind in
		file) _files ;;
		folder) _files -/ ;;
		plugin)
			__weft_plugins
			_files -g '*.so'
			;;
		+*:) compadd -S '' -- ${kind#+} ;;
		+*) compadd -- ${kind#+} ;;
		esac
	done
}

_weft "$@"
