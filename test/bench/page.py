# SPDX-License-Identifier: Apache-2.0
"""What test/bench/run has measured, as lines, as docs/benchmarks.md and as
plots."""
import os

UNITS = {"write": "messages/s", "talk": "round trips/s",
         "connect": "connections/s"}
SIZES = {1048576: "1 MiB", 131072: "128 KiB", 16384: "16 KiB",
         1024: "1 KiB", 64: "64 B"}
BLOCK = 136  # bytes that Keccak-256 takes with each permutation


def kind_of(shape):
    return shape.split(":")[0]


def amount_of(shape):
    return int(shape.split(":")[1])


def title_of(shape):
    kind, n = kind_of(shape), amount_of(shape)
    if kind == "write":
        return "one way, " + SIZES.get(n, f"{n} B")
    if kind == "talk":
        return f"foo/bar, {n} outstanding"
    if kind == "connect":
        return f"connections, {n} at a time"
    if kind == "idle":
        return f"{n} idle peers"
    return f"{n} idle peers, message style"


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def first_of(run, *names):
    """A run of a few milliseconds may hold no peer any more when memory is looked
    at; what is then not there is nothing."""
    return next((run[name] for name in names if name in run), 0.0)


def rate_of(shape, run):
    """The figure people ask for, with its unit."""
    if kind_of(shape) == "write" and amount_of(shape) > 1024:
        return f"{number(run['mb_per_second'])} MB/s"
    if "per_second" in run:
        return f"{number(run['per_second'])} {UNITS[kind_of(shape)]}"
    return f"{first_of(run, 'kib_per_peer'):.1f} KiB"


def memory_of(run):
    """Go's after it has given back what it can, which is the better one."""
    return first_of(run, "collected_kib_per_peer", "kib_per_peer")


def private_of(run):
    """The same without what others share, such as code used for the first time:
    that is much for a few peers, and nothing of theirs."""
    return first_of(run, "collected_private_kib_per_peer",
                    "private_kib_per_peer")


def row_line(shape, row):
    parts = [f"{title_of(shape):28}"]
    for name in ("go", "weft"):
        if name in row:
            parts.append(f"{name} {rate_of(shape, row[name]):24}")
    if "ratio" in row:
        parts.append("  ".join(f"{k} {v:.2f}x" for k, v in
                               row["ratio"].items()))
    noisy = sum(row[c].get("noisy", 0) for c in ("go", "weft") if c in row)
    if noisy:
        parts.append(f"({noisy} noisy runs)")
    return "  ".join(parts)


ASKED = {"v4-ping": "v4: PING", "v4-find": "v4: FINDNODE, 16 nodes",
         "v5-ping": "v5: PING", "v5-find": "v5: FINDNODE, 16 nodes",
         "v5-handshake": "v5: handshake with PING"}


def discovery_line(shape, row):
    parts = [f"{ASKED[shape]:28}"]
    for name in ("go", "weft"):
        if name in row:
            parts.append(f"{name} {row[name]:8.2f} us of CPU")
    if "ratio" in row:
        parts.append(f"{row['ratio']:.2f}x")
    return "  ".join(parts)


KNOWN = {"go": "go-ethereum, database on disk",
         "go_memory": "go-ethereum, in memory", "weft": "weft"}


def known_line(count, known):
    return f"{count} known nodes           " + "  ".join(
        f"{KNOWN[name]} {kib:.0f} KiB" for name, kib in known.items())


def lookup_line(version, name, run):
    return (f"{version} lookup  {name:4}  median {run['p50_ms']:6.0f} ms  "
            f"nine of ten in {run['p90_ms']:6.0f} ms  "
            f"{100 * run['exact']:.0f} % exact")


def growth_line(peers, name, run):
    return (f"{peers:6} peers  {name:8} {private_of(run):7.1f} KiB"
            f"  {run['peer_cpu_us']:7.2f} us of CPU a second, for each")


def core_table(core):
    lines = []
    for row in core:
        beside = (f"{row['other']}: {row['value']:,.1f} ({row['ratio']:.2f}x)"
                  if "other" in row else "")
        lines.append(f"{row['row']:36} {row['weft']:14,.1f} {row['unit']:9}"
                     f" {beside}")
    return "\n".join(lines)


# --- the page ----------------------------------------------------------------

def cpu(run):
    return f"{run['own_cpu_us']:,.2f} + {run['peer_cpu_us']:,.2f}"


def speed_rows(rows):
    out = ["| | go-ethereum | weft | ratio | CPU of both ends, go-ethereum | "
           "weft | ratio |", "|---|---:|---:|---:|---:|---:|---:|"]
    for shape, row in rows.items():
        if kind_of(shape).startswith("idle"):
            continue
        ours, theirs, ratio = row["weft"], row.get("go"), row.get("ratio", {})
        out.append("| " + " | ".join([
            title_of(shape),
            rate_of(shape, theirs) if theirs else "",
            rate_of(shape, ours),
            f"**{ratio['rate']:.2f}**" if "rate" in ratio else "",
            cpu(theirs) + " us" if theirs else "",
            cpu(ours) + " us",
            f"**{ratio['cpu']:.2f}**" if "cpu" in ratio else "",
        ]) + " |")
    return out


def memory_rows(rows):
    out = ["| | resident | of that nobody shares |", "|---|---:|---:|"]
    for shape, row in rows.items():
        if not kind_of(shape).startswith("idle"):
            continue
        n = amount_of(shape)
        if "go" in row:
            go = row["go"]
            out.append(f"| go-ethereum, {n} peers | {first_of(go, 'kib_per_peer'):.1f} "
                       f"KiB; {memory_of(go):.1f} KiB once collected | "
                       f"{private_of(go):.1f} KiB |")
        style = "message" if "message" in shape else "run"
        out.append(f"| weft, {style} style, {n} peers | "
                   f"{first_of(row['weft'], 'kib_per_peer'):.1f} KiB | "
                   f"{private_of(row['weft']):.1f} KiB |")
    return out


def discovery_rows(discovery):
    out = ["| | go-ethereum | weft | ratio |", "|---|---:|---:|---:|"]
    for shape, row in discovery.items():
        cells = [f"{number(1e6 / row[c])} /s; {row[c]:,.1f} us"
                 if c in row else "" for c in ("go", "weft")]
        ratio = f"**{row['ratio']:.2f}**" if "ratio" in row else ""
        out.append(f"| {ASKED[shape]} | {cells[0]} | {cells[1]} | {ratio} |")
    return out


def known_rows(known):
    out = ["| known nodes | memory | of weft's |", "|---|---:|---:|"]
    for name, kib in known.items():
        out.append(f"| {KNOWN[name]} | {kib / 1024:.1f} MiB | "
                   f"{kib / max(known['weft'], 1):.2f} |")
    return out


def lookup_rows(lookups):
    names = {"go": "go-ethereum", "weft": "weft"}
    out = ["| lookup | median | nine of ten within | exactly the closest 16 |",
           "|---|---:|---:|---:|"]
    for version, row in lookups.items():
        for name, run in row.items():
            out.append(f"| {version}, {names[name]} | {run['p50_ms']:,.0f} ms "
                       f"| {run['p90_ms']:,.0f} ms "
                       f"| {100 * run['exact']:.0f} % |")
    return out


NAMES = {"go": "go-ethereum", "run": "weft, run style",
         "message": "weft, message style"}


def growth_rows(growth):
    names = [n for n in NAMES if n in growth[0]]
    out = ["| peers | " + " | ".join(
        f"{NAMES[n]}: memory | CPU" for n in names) + " |",
        "|---:|" + "---:|---:|" * len(names)]
    for row in growth:
        out.append(f"| {row['peers']:,} | " + " | ".join(
            f"{private_of(row[n]):.1f} KiB | {row[n]['peer_cpu_us']:.1f} us"
            for n in names) + " |")
    return out


def crossed_rows(crossed):
    names = ["go->go", "go->weft", "weft->go", "weft->weft"]
    out = ["| from -> to | " + " | ".join(names) + " |",
           "|---|" + "---:|" * len(names)]
    for shape, runs in crossed.items():
        out.append(f"| {title_of(shape)} | " + " | ".join(
            rate_of(shape, runs[n]) + f"; {cpu(runs[n])} us"
            for n in names) + " |")
    return out


def find(core, prefix):
    for row in core:
        if row["row"].startswith(prefix):
            return row["weft"]
    return None


def permutations(size):
    """Of one frame: three for the MACs, and its bytes with the two times 16 that
    the MACs add; a code and snappy's length stand before the payload."""
    length = 1 + (1 if size < 128 else 2 if size < 16384 else 3) + size
    length += 3 * (size // 65536 + 1)  # literals, in snappy's blocks
    padded = (length + 15) // 16 * 16
    return 3 + (padded + 32) / BLOCK


def permutation_ns(core):
    """Of one alone, of two side by side (the header's MAC and the next), and of
    one among many with the block that is absorbed before it."""
    return (1000 / find(core, "Keccak-f[1600]"),  # of M/s
            2 * 1000 / find(core, "two of Keccak-f[1600]"),
            1000 * BLOCK / find(core, "Keccak-256, 16 KiB"))  # of MB/s


def hashing_us(size, core):
    each, pair, in_row = permutation_ns(core)
    return (pair + each + (permutations(size) - 3) * in_row) / 1000


def cipher_us(size, core):
    """Of the header, the body and its padding, about."""
    return (size + 48) / find(core, "AES-256-CTR, 16 KiB")


def both_ends_us(rows, shape, who):
    run = rows[shape][who]
    return run["own_cpu_us"] + run["peer_cpu_us"]


def floor_rows(rows, core):
    out = ["| payload | permutations | Keccak | AES-CTR | floor | weft, the "
           "dearer end | go-ethereum's dearer end over our floor |",
           "|---|---:|---:|---:|---:|---:|---:|"]
    for shape, row in rows.items():
        if kind_of(shape) != "write":
            continue
        size = amount_of(shape)
        count = permutations(size)
        keccak, cipher = hashing_us(size, core), cipher_us(size, core)
        floor = keccak + cipher
        dearer = {c: max(row[c]["own_cpu_us"], row[c]["peer_cpu_us"])
                  for c in row if c in ("go", "weft")}
        most = (f"{dearer['go'] / floor:.2f}" if "go" in dearer else "")
        out.append(f"| {SIZES.get(size, size)} | {count:,.1f} | "
                   f"{keccak:,.2f} us | {cipher:,.2f} us | {floor:,.2f} us | "
                   f"{dearer['weft']:,.2f} us | {most} |")
    return out


def bulk_text(results):
    """What a large message costs both ends at least."""
    rows, core, size = results["rows"], results["core"], 1 << 20
    tcp = size / find(core["net"], "bare TCP")
    snappy = size / find(core["rlpx"], "snappy")
    floor = tcp + snappy + 2 * (hashing_us(size, core["crypto"]) +
                                cipher_us(size, core["crypto"]))
    shape = f"write:{size}"
    text = BULK.format(tcp=tcp, snappy=snappy, floor=floor,
                       ours=both_ends_us(rows, shape, "weft"))
    if "go" in rows[shape]:
        text += BULK_GO.format(most=both_ends_us(rows, shape, "go") / floor)
    return text


def curve_us(core):
    """Of one handshake, both ends."""
    return sum(times * 1e6 / find(core, row) for times, row in (
        (8, "ECDH"), (3, "public key of"), (1, "sign"), (1, "recover")))


def connection_text(results):
    """What a connection costs at least, and what that leaves to be won."""
    rows, core = results["rows"], results["core"]
    curve = curve_us(core["crypto"])
    net = next(r for r in core["net"] if r["row"].startswith("TCP"))
    tcp = 1e6 / net["value"]
    floor = curve + tcp

    text = CONNECTION.format(curve=curve, tcp=tcp, floor=floor,
                             alone=1e6 / find(core["rlpx"], "handshake"),
                             one=both_ends_us(rows, "connect:1", "weft"),
                             eight=both_ends_us(rows, "connect:8", "weft"))
    if "go" in rows["connect:1"]:
        text += CONNECTION_GO.format(
            one=both_ends_us(rows, "connect:1", "go") / floor,
            eight=both_ends_us(rows, "connect:8", "go") / floor)
    return text


def core_rows(core):
    out = ["| | weft | | beside it | ratio |", "|---|---:|---|---:|---:|"]
    for row in core:
        beside = (f"{row['value']:,.1f}, {row['other']} | {row['ratio']:.2f}"
                  if "other" in row else " | ")
        out.append(f"| {row['row']} | {row['weft']:,.1f} | {row['unit']} | "
                   f"{beside} |")
    return out


def noise_text(results):
    runs = noisy = 0
    for table in (results["rows"], results["crossed"]):
        for row in table.values():
            for run in row.values():
                if "runs" in run:
                    runs += run["runs"]
                    noisy += run["noisy"]
    for row in results["growth"]:
        for name in NAMES:
            if name in row:
                runs += 1
                noisy += row[name]["noisy"]
    if not noisy:
        return f"All of the {runs} runs had the machine to themselves."
    return (f"**In {noisy} of the {runs} runs something else took part in the "
            f"machine, {results['facts']['tries']} tries each notwithstanding: "
            "CPU times are of use, rates are not.**")


BULK = """\
A large message has more to pay for. Of 1 MiB bare system calls take {tcp:,.0f} us at both ends to carry it over TCP, and snappy {snappy:,.0f} us to find that it does not shrink and to
copy it back: with both floors above that is {floor:,.0f} us, and weft takes {ours:,.0f}."""
BULK_GO = """ Against go-ethereum as measured above, {most:.2f} times is what would be left if nothing else cost anything."""

CONNECTION = """\
A handshake is eight ECDH, three public keys, a signature and a recovery, half of it and the dearer of the last two at the accepting end: {curve:,.0f} us of CPU time in libsecp256k1 as
measured below. None of them is done twice, and both ends' keys are new to each other, so none can be kept. Bare system calls take {tcp:,.0f} us to open a TCP connection, carry as many bytes
and close it, nobody ever waiting: {floor:,.0f} us is what a connection costs both ends at least. Both ends' handshakes and Hellos in one thread without I/O, one connection behind the other so
that the curve work stays in the cache, take {alone:,.0f} us. weft takes {one:,.0f} us with one at a time and {eight:,.0f} us with eight; the rest is sleeping and waking, curve work for which the caches are
cold, the session of the server behind it and, when many come at a time, handing work to threads."""
CONNECTION_GO = """ Against go-ethereum as measured above, nothing that uses this library
could be better than {one:.2f} and {eight:.2f} times."""

HEAD = """\
# Benchmarks

weft beside go-ethereum's `p2p`, on one machine, in one run. `test/bench/run --all` measured all of it and wrote this page; `weft bench` measures the same shapes anywhere.

| | |
|---|---|
| date | {date} |
| machine | {machine}, Linux {kernel} |
| weft | {commit}, built with {compiler}, `-O2` |
| go-ethereum | {geth}, built with {go} |
{again}| rounds | {rounds}, contenders taking turns within each; {seconds:g} s or {count:,} connections a run |

{noise}

## Speed

{speed}

Rates and CPU time are medians; a ratio is the median of the rounds' own ratios, and above 1 weft is better. CPU time is for one message, round trip or connection: the end that
drives + the end that serves.

![ratios](benchmarks-ratios.svg)

## What bounds it

RLPx authenticates with a running Keccak-256 over all that one side sends: what is serial by the wire's definition, no number of processors makes faster. A frame takes three permutations
for its MACs and one for each {block} bytes; here each takes {each:.0f} ns, and {in_row:.0f} with the block before it where one follows the other, since the
state then stays in registers. That of the header's MAC waits for nothing but the header and nothing waits for it, so it is done beside the next one: two side by side take {pair:.0f} ns (and
as long as two apart on processors without AVX).

{floor}

The floor is what these two primitives alone cost one end. An end's rate cannot pass 1 over it, whatever the code around does: for 1 MiB messages that is {cap:,.0f} MB/s.
The last column is therefore the largest ratio that is possible against go-ethereum as measured above, whose permutation and cipher cost more, without a faster permutation.

{bulk}

{connection}

## Memory of an idle peer

{memory}

Resident memory of the serving process less that of the same process before the first peer, over the number of peers, one second after the last one came. A peer in run style has a parked
fiber with a stack of its own; in message style it has none. go-ethereum's has several goroutines.

## Growth

{growth}

Memory for each peer that no other process shares (go-ethereum's once collected), and CPU time for each peer and second over {hold:g} s, in which every peer is pinged once and answers.

![growth](benchmarks-growth.svg)

## Discovery

{discovery}

Requests handled a second and core: what the answering process takes of a processor for each, system calls included. A request of v4 has a signature to recover and one or, for sixteen
nodes, two to make; those of v5 are in a session. A handshake is what cannot be decrypted, the challenge, the proof of identity with a record nobody knew, and a first PING.

{lookups}

In a network of {network:,} nodes in one process, 50 ms there and back between any two, nothing lost, one bootnode: random targets, asked for a minute after the last node came.

{known}

For {remembered:,} nodes, each in a network of its own, with a record of 141 bytes, an address, and when it pinged and answered from there: memory that no other process shares, with them less
without, once they are written and, by go-ethereum, once collected; pages of files that the system keeps are counted for neither. Medians: go-ethereum's on disk differs from run to run by what
its database has just sorted into files. weft's loop works on a copy in memory and never waits for the disk, to which a job writes what changed. go-ethereum's reads its database from disk, with
buffers of some MiB, whoever waits; without a data directory, as its bootnode has none, it keeps all in memory.
{crossed}
## Beneath

Single-threaded, without I/O.

{core}

## Method

- Two processes, one for each end, a fresh pair for every run; a shared scheduler would remove the wake-ups that are part of what is measured.
- weft's messages go through the plugin interface at both ends (`plugins/bench`, loaded as a shared object); go-ethereum's through `p2p.Server` with a `Protocol` (`test/bench/go`). The protocol
  on the wire is the same, and so is what each end does with a message.
- One way: DATA is written until the time is over, then END, and the clock stops at its answer. Payloads are random bytes, which snappy cannot shrink.
- Round trips: a list of one text, "foo", encoded and decoded at both ends, answered by "bar". With more than one outstanding, go-ethereum's driver has a writer and a reader
  side by side; weft's is one fiber that fills up what is outstanding after each answer.
- Connections: keys are made before the clock starts; TCP, handshake and both Hellos, then a close. The dialing end has no server behind it; the serving end is the whole server.
- Discovery: the end that answers is `weft run --bootnode-only`, or go-ethereum's `p2p/discover` on a loopback socket with its node database in memory; each a process of its own with one
  version alone. The end that asks is the same for both (`test/bench/ask.c`) and not measured: 64 nodes make themselves known, then one of them has 16 requests under way. Requests of v4
  are signed before the clock starts. go-ethereum is told to name nodes that it has not checked, which it would begin with after some minutes; weft has checked them.
- Lookups: weft's cores on a virtual clock (`test/bench/bench_lookup.c`), so that what they compute takes no time; go-ethereum's in real time with datagrams handed on in memory, four lookups
  at once, since it has its own clock. It computes little beside the delay of 50 ms.
- CPU time is what the system's clocks of the two processes say. On the loopback interface the receiving half of TCP is charged to the sender.
- A run in which others took more than a tenth of the machine, or the hypervisor 2 %, is made again; the top of the page says how many such are left.
"""


def write(results, docs):
    rows, core = results["rows"], results["core"]
    facts = results["facts"]
    beneath = [row for part in core.values() for row in part]
    each, pair, in_row = permutation_ns(core["crypto"])
    floor = (hashing_us(1048576, core["crypto"]) +
             cipher_us(1048576, core["crypto"]))
    crossed = ""
    if results["crossed"]:
        crossed = ("\n## Each with the other\n\nThe wire is the same, so any "
                   "end may be either's: from the one that drives to the one "
                   "that serves.\n\n" +
                   "\n".join(crossed_rows(results["crossed"])) + "\n")
    again = ""
    if "core_date" in results:
        again = f"| [beneath](#beneath) | measured {results['core_date']} |\n"
    text = HEAD.format(
        **facts, again=again, noise=noise_text(results), speed="\n".join(speed_rows(rows)),
        floor="\n".join(floor_rows(rows, core["crypto"])),
        memory="\n".join(memory_rows(rows)),
        growth="\n".join(growth_rows(results["growth"])),
        discovery="\n".join(discovery_rows(results["discovery"])),
        lookups="\n".join(lookup_rows(results["lookups"])),
        known="\n".join(known_rows(results["known"])),
        hold=facts["growth_hold"], core="\n".join(core_rows(beneath)),
        crossed=crossed, block=BLOCK, each=each, pair=pair, in_row=in_row,
        cap=1048576 / floor,
        bulk=bulk_text(results), connection=connection_text(results))
    for name, content in (
            ("benchmarks.md", text),
            ("benchmarks-ratios.svg", ratios_svg(rows)),
            ("benchmarks-growth.svg", growth_svg(results["growth"]))):
        with open(os.path.join(docs, name), "w", encoding="utf-8") as file:
            file.write(content)


# --- plots -------------------------------------------------------------------

COLOURS = {"go": "#c2571a", "run": "#1b6ca8", "message": "#3a9d5d",
           "rate": "#1b6ca8", "cpu": "#8fb8d9"}
FONT = 'font-family="sans-serif" font-size="12" fill="#333"'


def svg(width, height, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}">\n'
            f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
            + "\n".join(body) + "\n</svg>\n")


def label(x, y, text, anchor="start", more=""):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" {FONT} '
            f'{more}>{text}</text>')


def line(x1, y1, x2, y2, colour="#ddd", width=1):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}" stroke-width="{width}"/>')


def ratios_svg(rows):
    """A bar for each rate and each CPU time, against go-ethereum's 1."""
    bars = [(s, r["ratio"]) for s, r in rows.items() if "rate" in
            r.get("ratio", {})]
    most = max([v for _, r in bars for v in r.values()] + [2])
    left, top, high, wide = 190, 40, 40, 420
    scale = wide / most
    body = [label(10, 20, "times go-ethereum: rate, and CPU time the other "
                          "way round")]
    height = top + high * len(bars) + 30
    for n in range(int(most) + 1):
        x = left + n * scale
        body.append(line(x, top - 8, x, height - 22,
                         "#c2571a" if n == 1 else "#ddd"))
        body.append(label(x, height - 8, str(n), "middle"))
    for i, (shape, ratio) in enumerate(bars):
        y = top + i * high
        body.append(label(left - 8, y + 18, title_of(shape), "end"))
        for k, name in enumerate(("rate", "cpu")):
            if name in ratio:
                w = ratio[name] * scale
                body.append(f'<rect x="{left}" y="{y + 15 * k}" '
                            f'width="{w:.1f}" height="13" '
                            f'fill="{COLOURS[name]}"/>')
                body.append(label(left + w + 4, y + 11 + 15 * k,
                                  f"{ratio[name]:.2f} {name}"))
    return svg(left + wide + 90, height, body)


def chart(x0, title, growth, names, value):
    """One plot of `value` over the number of peers, which grows tenfold."""
    wide, high, left, top = 300, 220, 50, 50
    x0 += left
    most = max(value(r[n]) for r in growth for n in names) * 1.1 or 1
    body = [label(x0, 24, title)]
    for k in range(5):
        y = top + high - high * k / 4
        body.append(line(x0, y, x0 + wide, y))
        body.append(label(x0 - 6, y + 4, f"{most * k / 4:.3g}", "end"))
    at = [x0 + 15 + (wide - 30) * i / max(1, len(growth) - 1)
          for i in range(len(growth))]
    for x, row in zip(at, growth):
        body.append(label(x, top + high + 18, f"{row['peers']:,}", "middle"))
    for n in names:
        points = [(x, top + high - high * value(row[n]) / most)
                  for x, row in zip(at, growth)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        body.append(f'<polyline points="{path}" fill="none" '
                    f'stroke="{COLOURS[n]}" stroke-width="2"/>')
        body += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" '
                 f'fill="{COLOURS[n]}"/>' for x, y in points]
    return body


def growth_svg(growth):
    names = [n for n in NAMES if n in growth[0]]
    body = chart(0, "KiB of memory for each peer", growth, names, private_of)
    body += chart(390, "us of CPU for each peer and second", growth, names,
                  lambda run: run["peer_cpu_us"])
    for i, n in enumerate(names):
        x = 60 + i * 200
        body.append(line(x, 318, x + 24, 318, COLOURS[n], 3))
        body.append(label(x + 30, 322, NAMES[n]))
    return svg(790, 335, body)
