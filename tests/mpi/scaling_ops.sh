#!/usr/bin/env bash
# What each deduplicator and selector sends, in rows and ranks: docs/scaling.md against the
# counters that the program logs, on up to 64 ranks, with as many rows a rank on each.
# Prints the table there. usage: scaling_ops.sh [ROWS], of a rank
# ranks: 64
# timeout: 300
# alone: yes
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
per_rank=${1:-300}

# corpus ROWS: four lines a row: one that 50 have and three of their own.
# Every 20th row comes again, every 20th with one word changed. n is a number, tag one of
# ten, group one of ten a rank.
corpus() {
  LC_ALL=C awk -v rows="$1" 'BEGIN {
    srand(7)
    for (i = 0; i < rows; i++) {
      if (i % 20 == 7) text = last
      else if (i % 20 == 13) { text = last; sub(/w[0-9]+/, "changed", text) }
      else {
        text = "a line of rows " int(i / 50)
        for (line = 0; line < 3; line++) {
          text = text "\\n"
          for (word = 0; word < 12; word++) text = text "w" int(rand() * 100000) " "
        }
      }
      if (i % 20 == 3) last = text
      printf "{\"text\": \"%s\", \"n\": %d, \"tag\": \"t%d\", \"group\": %d}\n", text, int(rand() * 1e9), i % 10, int(rand() * rows / 30)
    }
  }'
}

# recipe_of OPERATOR...: one behind the other.
recipe_of() {
  printf '%s\n' 'dataset_path: in.jsonl' 'export_path: out.jsonl' 'process:' "${@/#/  - }" >r.yaml
}

# Of each operator: name, rows, verdicts, records sent, messages, rounds, bytes held.
counted() {
  sed -n 's/.*"rows of all ranks were compared".*"operation_name": "\([a-z_]*\)".*"rows": \([0-9]*\), "verdicts": \([0-9]*\), "notes_sent": \([0-9]*\), "messages": \([0-9]*\), "bytes_sent": \([0-9]*\), "rounds": \([0-9]*\), .*"peak_memory": \([0-9]*\).*/\1 \2 \3 \4 \5 \6 \7 \8/p' \
    "outputs/$1/event_logs/events.jsonl"
}

# Holds them against the formulas. r: rows before the operator, v: verdicts; a record that
# is dealt out anew leaves its rank (R - 1) / R of the time. An operator that looks at rows
# in their order finds most of them where they are.
check() {
  awk -v ranks="$1" -v rows="$(wc -l <in.jsonl)" '
    function between(what, low, value, high) {
      if (value >= low && value <= high) return
      printf "FAILED: %s: %s %.0f is not between %.0f and %.0f\n", name, what, value, low, high
      wrong = 1
    }
    {
      name = $1; r = $2; v = $3; sent = $4; messages = $5; bytes = $6; rounds = $7; peak = $8
      steps = 0; extra = 0; more = 0
      if (name ~ /line/) { low = high = 4 * r; least = 2 }
      else if (name == "document_deduplicator") { low = high = r; least = 2 }
      else if (name ~ /simhash/) { low = 15 * (r - v) + r; high = 16 * r; least = 4; steps = 1; extra = v }
      else if (name ~ /minhash/) { low = high = 25 * r; least = 3; steps = 1; extra = 25 * v }
      else if (name ~ /topk/) { low = r; high = r + v; least = 3 }
      else if (name ~ /range/) { low = r; high = r + r * ranks / (ranks - 1) + v; least = 4; more = 3 }
      else if (name ~ /frequency/) { low = 2 * r + v; high = 3 * r + v + rows / 15; least = 5 }
      else if (name ~ /random/) { low = v; high = r + v; least = 3 }
      else if (name ~ /tags/) { low = 0; high = v; least = 2; v = 0 }
      else { print "FAILED: no formula for " name; wrong = 1 }
      share = (ranks - 1) / ranks
      # Joining edges costs at most 2 for each, and 1.5 for each in a step.
      between("records sent", (low + v) * share * 0.93 - 30, sent, (high + v + extra * (2 + 1.5 * 12)) * share * 1.07 + 30)
      between("bytes", 32 * sent, bytes, 32 * sent)
      between("rounds", least, rounds, least + more + steps * 20)
      between("messages", 0, messages, rounds * ranks * (ranks - 1))
      # Records of a rank at a time, however many ranks there are: 25 for each row at most.
      between("bytes held", 0, peak, 32 * 25 * rows / ranks * 6 + 8192 * ranks + 600000)
      printf "| %d | %s | %d | %.2f | %d | %.1f | %.1f | %.1f |\n", ranks, name, r / ranks, sent / r, rounds,
        messages / ranks, bytes / ranks / 1e3, peak / 1e3
    }
    END { if (NR == 0) { print "FAILED: nothing was counted"; wrong = 1 } exit wrong }'
}

# measure RANKS OPERATOR...: a job with them.
measure() {
  local ranks=$1
  shift
  recipe_of "$@"
  context="$ranks ranks, $*"
  expect 0 ranks "$ranks" --config r.yaml --job_id j --partition.size 50 --progress.interval 0
  counted j | check "$ranks" || fail "the formulas of docs/scaling.md do not hold"
  checks=$((checks + $#))
  rm -r outputs out.jsonl
}

echo "| ranks | operator | rows a rank | records sent a row | rounds | messages a rank | kB sent a rank | kB held, most |"
for ranks in 2 8 32 64; do
  corpus $((ranks * per_rank)) >in.jsonl
  # A selector that puts samples in another order is the last one.
  measure $ranks document_line_deduplicator: document_deduplicator: document_simhash_deduplicator: \
    document_minhash_deduplicator: "tags_specified_field_selector: {field_key: tag, target_tags: [t1, t2, t3, t4, t5, t6]}" \
    "topk_specified_field_selector: {field_key: n, top_ratio: 0.5}"
  [ $ranks -ne 32 ] || continue
  measure $ranks "range_specified_field_selector: {field_key: n, lower_percentile: 0.1, upper_percentile: 0.9}"
  measure $ranks "frequency_specified_field_selector: {field_key: group, top_ratio: 0.5}"
  measure $ranks "random_selector: {select_ratio: 0.5}"
done
