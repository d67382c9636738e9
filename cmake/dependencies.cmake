# SPDX-License-Identifier: Apache-2.0
# Each library is named with the Debian package that brings it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# weft_find(<target> <pkg-config module> <Debian package>) makes weft::<target>.
function(weft_find target module package)
	pkg_check_modules(${target} QUIET IMPORTED_TARGET ${module})
	if(NOT ${target}_FOUND)
		message(FATAL_ERROR "${module} is missing: apt-get install "
			"${package} (or run scripts/setup)")
	endif()
	add_library(weft::${target} ALIAS PkgConfig::${target})
endfunction()

weft_find(uv libuv libuv1-dev)
weft_find(cares libcares libc-ares-dev)
weft_find(secp256k1 libsecp256k1 libsecp256k1-dev)
weft_find(sodium libsodium libsodium-dev)
weft_find(crypto libcrypto libssl-dev)
weft_find(snappy snappy libsnappy-dev)
weft_find(miniupnpc miniupnpc libminiupnpc-dev)
weft_find(jansson jansson libjansson-dev)
weft_find(yaml yaml-0.1 libyaml-dev)
weft_find(lmdb lmdb liblmdb-dev)

# The archive: the shared library would bring libstdc++ along.
find_library(BOOST_CONTEXT libboost_context.a)
if(NOT BOOST_CONTEXT)
	message(FATAL_ERROR "libboost_context.a is missing: apt-get install "
		"libboost-context-dev (or run scripts/setup)")
endif()
add_library(weft::boost_context STATIC IMPORTED)
set_target_properties(weft::boost_context PROPERTIES
	IMPORTED_LOCATION ${BOOST_CONTEXT})

find_library(NATPMP natpmp)
find_path(NATPMP_DIR natpmp.h)
if(NOT NATPMP OR NOT NATPMP_DIR)
	message(FATAL_ERROR "natpmp.h is missing: apt-get install "
		"libnatpmp-dev (or run scripts/setup)")
endif()
add_library(weft::natpmp SHARED IMPORTED)
set_target_properties(weft::natpmp PROPERTIES
	IMPORTED_LOCATION ${NATPMP}
	INTERFACE_INCLUDE_DIRECTORIES ${NATPMP_DIR})

find_path(UTHASH_DIR uthash.h)
if(NOT UTHASH_DIR)
	message(FATAL_ERROR "uthash.h is missing: apt-get install uthash-dev "
		"(or run scripts/setup)")
endif()

if(WEFT_TESTS)
	if(WEFT_TEST_FRAMEWORK STREQUAL "criterion")
		weft_find(testing criterion libcriterion-dev)
	else()
		weft_find(testing check check)
	endif()
endif()
