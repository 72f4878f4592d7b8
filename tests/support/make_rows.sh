#!/usr/bin/env bash
# Prints N JSONL samples that give every operator something to do: links, addresses,
# several scripts, mojibake, repeated words, escapes. The same lines every time.
set -euo pipefail
LC_ALL=C awk -v n="${1:?usage: make_rows.sh N}" 'BEGIN {
  split("the quick brown fox jumps over lazy dog while seven wizards mix potion and sing about rivers mountains data pipelines ranks partitions samples recipes", w, " ")
  split("http://example.com/a?b=1 https://www.data.org/x_(y)/z. www12.site.net/path me@mail.example.org first.last+tag@host.co.uk 192.168.17.4 10.0.0.256 ftp://files.net:21/", s, " ")
  split("\303\251t\303\251|\344\270\255\346\226\207\345\255\227|\320\237\321\200\320\270\320\262\320\265\321\202|\340\244\250\340\244\256\340\244\270\340\245\215\340\244\244\340\245\207|\360\237\230\200\360\237\221\215|\342\200\234quoted\342\200\235|\303\203\302\251|\357\274\241\357\274\242|\357\254\201ne|&amp;|\302\240|\343\200\202|\357\274\214|\\u00e9|\\ud83d\\ude00|\\u2028|\\/", u, "|")
  x = 12345
  for (i = 0; i < n; i++) {
    text = ""
    words = 5 + r(120)
    for (k = 0; k < words; k++) {
      c = r(40)
      if (c < 30) piece = w[1 + r(22)]
      else if (c < 33) piece = s[1 + r(8)]
      else if (c < 37) piece = u[1 + r(17)]
      else if (c < 38) piece = r(100000) "-" r(1000)
      else if (c < 39) piece = "\\t!?"
      else piece = "\\n"
      text = text (k ? " " : "") piece
      if (r(200) == 0) { for (m = 0; m < 30; m++) text = text " again and again" }
    }
    if (r(50) == 0) text = "##!! 123 456 %%"
    if (r(60) == 0) text = ""
    printf "{\"id\": %d, \"text\": \"%s\", \"meta\": {\"n\": %d.50, \"big\": 9007199254740993%d, \"tags\": [\"a\", null, true]}}\n", i, text, r(1000), r(10)
  }
}
function r(m) { x = (x * 1103515245 + 12345) % 2147483648; return int(x / 65536) % m }'
