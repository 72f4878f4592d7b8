#!/usr/bin/env bash
# Checks every #include of src/ against the table of layers in docs/architecture.md:
# which module may use which, and which file alone may include an outside library.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0

# module: modules whose headers it may include (its own always).
declare -A may=(
  [base]=""
  [text]="base"
  [param]="base"
  [comm]="base"
  [data]="text param base"
  [op]="data text param exchange base"
  [ops]="op data text param base"
  [config]="op data text param base"
  [dataset]="data param base"
  [arrow]="dataset base"
  [event]="base"
  [job]="config op data text param base"
  [checkpoint]="comm base"
  [exchange]="comm base"
  [exec]="job event dataset config checkpoint exchange op data comm text param base"
  [cli]="exec job event dataset config checkpoint exchange op data comm text param base"
)
# public header: its module
declare -A module_of=(
  [error]=base [mem]=base [fs]=base [clock]=base [hash]=base [log]=base [fault]=base
  [limits]=base
  [json]=base [yaml]=base [stream]=base [version]=base [sort]=base [note]=base [archive]=base
  [text]=text [regex]=text [scan]=text [fix_unicode]=text [ngram]=text [charmap]=text
  [cells]=text [charset]=text [cuts]=text [needles]=text [textset]=text [minhash]=text [digests]=text
  [shingles]=text [simhash]=text [personal]=text
  [param]=param [comm]=comm [batch]=data [sample]=data [layer]=data [tree]=data [group]=data
  [op]=op [clean]=op [meta]=op [dialog]=op [figures]=op [calibration]=op [bad_case]=op [word_list]=op [word_share]=op [py]=op [py_expr]=op
  [shuffle]=op [same_text]=op [near_text]=op [field_order]=op
  [custom]=op [op_library]=op
  [field_key]=op [recipe]=op [chain]=op [tracer]=op [config]=config [dataset]=dataset [columns]=dataset [arrow]=dataset [look]=dataset [table]=dataset [autosize]=exec [event]=event [event_log]=event
  [job]=job [job_live]=job [retention]=job [checkpoint]=checkpoint [exchange]=exchange [global]=op [exec]=exec [cli]=cli
)
# outside header: the only file(s) that may include it
declare -A only=(
  [mpi.h]="src/comm/comm_mpi.c src/checkpoint/store_hdf5.c"
  [hdf5.h]="src/checkpoint/hdf5_format.h src/checkpoint/store_hdf5.c"
  [yaml.h]="src/base/yaml.c"
  [cjson/cJSON.h]="src/base/json.c"
  [zstd.h]="src/base/zstdio.c"
  [zlib.h]="src/base/gzio.c"
  [xxhash.h]="src/base/hash.c"
  [xxh_x86dispatch.h]="src/base/hash.c"
  [archive.h]="src/base/archive.c"
  [archive_entry.h]="src/base/archive.c"
  [pcre2.h]="src/text/regex.c"
  [utf8proc.h]="src/text/unicode.c"
)

complain() { echo "$1"; bad=1; }

while IFS=: read -r file line text; do
  module=$(cut -d/ -f2 <<<"$file")
  case $text in
    *'"dj/'*)
      header=$(sed -E 's/.*"dj\/([a-z0-9_]+)\.h".*/\1/' <<<"$text")
      target=${module_of[$header]:-}
      [ -n "$target" ] || complain "$file:$line: dj/$header.h is in no module of this script" ;;
    *'"'*)
      header=$(sed -E 's/.*"([^"]+)".*/\1/' <<<"$text")
      case $header in
        */*) target=$(cut -d/ -f1 <<<"$header") ;;
        *) target=$module ;;
      esac ;;
    *'<'*)
      header=$(sed -E 's/.*<([^>]+)>.*/\1/' <<<"$text")
      case $header in
        arrow/* | parquet/*)
          [ "$module" = arrow ] || complain "$file:$line: <$header> belongs to src/arrow alone"
          continue ;;
      esac
      allowed=${only[$header]:-any}
      if [ "$allowed" != any ] && ! grep -qw -- "$file" <<<"$allowed"; then
        complain "$file:$line: <$header> belongs to $allowed alone"
      fi
      continue ;;
    *) continue ;;
  esac
  [ "$module" = main.c ] && continue
  if [ "$target" != "$module" ] && ! grep -qw -- "$target" <<<"${may[$module]-}"; then
    complain "$file:$line: module $module may not include module $target ($header)"
  fi
done < <(grep -rnE '^ *# *include' src --include='*.[ch]' --include='*.cc' --include='*.in')

# Operators see the contract only.
while IFS=: read -r file line text; do
  complain "$file:$line: an operator may include only dj/{op,clean,word_share,py,py_expr,field_key,text,regex,scan,ngram,charmap,cells,charset,cuts,needles,textset,minhash,digests,simhash,shingles,global,same_text,near_text,shuffle,field_order,personal,tree,group,meta,dialog,figures,bad_case,json,yaml,archive,hash,fix_unicode}.h"
done < <(grep -rnE '^ *# *include *"' src/ops |
  grep -vE '"dj/(op|clean|word_share|py|py_expr|field_key|text|regex|scan|ngram|charmap|cells|charset|cuts|needles|textset|minhash|digests|simhash|shingles|global|same_text|near_text|shuffle|field_order|personal|tree|group|meta|dialog|figures|bad_case|json|yaml|archive|hash|fix_unicode)\.h"' || true)

[ $bad -eq 0 ] && echo "layers: every include is allowed"
exit $bad
