"""Writes variants.jsonl: small tokenizers with every component and flag that package tokenizer reads, and what Hugging Face
tokenizers makes of some strings. Made with tokenizers 0.23.3: python3 variants.py variants.jsonl [SEED [STRINGS]]

A line is {"name", "base", "set", "cases"}. The tokenizer is the base (first line of that name has it whole under "json")
with the sections of "set" in place of its own. A case is [text, ids, ids with special tokens, offsets in characters,
decoded, decoded without special tokens].
"""
import itertools
import json
import random
import sys

from tokenizers import Tokenizer

out, seed, strings = sys.argv[1], int((sys.argv[2:] or ["1"])[0]), int((sys.argv[3:] or ["12"])[0])
rnd = random.Random(seed)


def alphabet():
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, n = {b: chr(b) for b in keep}, 0
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + n)
            n += 1
    return table


BYTES = alphabet()
NONE = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=False)


def base(name, chars, merges, **model):
    vocab = {}
    for token in [*chars, *("".join(m) for m in merges)]:
        vocab.setdefault(token, len(vocab))
    settings = dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None, end_of_word_suffix=None,
                    fuse_unk=False, byte_fallback=False, ignore_merges=False)
    settings.update(model)
    return dict(version="1.0", truncation=None, padding=None, added_tokens=[], normalizer=None, pre_tokenizer=None,
                post_processor=None, decoder=None, model=dict(settings, vocab=vocab, merges=[list(m) for m in merges]))


def byte_base(**model):
    merges = [("Ġ", "Ġ"), ("Ġ", "a"), ("a", "b"), ("Ġ", "ab"), ("Ġa", "b"), ("Ã", "©"), ("b", "c"), ("1", "2"), ("ĠĠ", "ĠĠ"), ("'", "s")]
    lack = {0x04, 0x06, 0xF1, 0xFF}
    return base("byte", [c for b, c in BYTES.items() if b not in lack], merges, **model)


def spm_base(**model):
    chars = ["<unk>", "<s>", "</s>", *(f"<0x{b:02X}>" for b in range(256) if b != 0xE4), *"▁abcABC12.é\n"]
    merges = [("▁", "▁"), ("▁", "a"), ("a", "b"), ("▁a", "b"), ("b", "c"), ("▁▁", "▁▁"), ("A", "B"), ("1", "2")]
    return base("spm", chars, merges, unk_token="<unk>", **model)


def added(start, *tokens):
    return [dict(NONE, id=start + i, content=c, **{f: True for f in flags.split()}) for i, (c, flags) in enumerate(tokens)]


BYTE_SIZE, SPM_SIZE = len(byte_base()["model"]["vocab"]), len(spm_base()["model"]["vocab"])
BL = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True)
DEC = dict(type="ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True)
seq = lambda kind, *parts: {"type": "Sequence", kind: list(parts)}
split = lambda pattern, behavior, invert=False: dict(type="Split", pattern=pattern, behavior=behavior, invert=invert)
meta = lambda scheme, cut=True: dict(type="Metaspace", replacement="▁", prepend_scheme=scheme, split=cut)
replace = lambda a, b: dict(type="Replace", pattern={"String": a}, content=b)
SPM_DECODER = seq("decoders", replace("▁", " "), dict(type="ByteFallback"), dict(type="Fuse"), dict(type="Strip", content=" ", start=1, stop=0))


def template(before, after, size_of):
    piece = lambda t: {"SpecialToken": dict(id=t, type_id=0)}
    text = {"Sequence": dict(id="A", type_id=0)}
    return dict(type="TemplateProcessing", single=[*map(piece, before), text, *map(piece, after)],
                pair=[text, {"Sequence": dict(id="B", type_id=1)}],
                special_tokens={t: dict(id=t, ids=[size_of[t]], tokens=[t]) for t in {*before, *after}})


FLAGS = ["", "lstrip", "rstrip", "lstrip rstrip", "single_word", "normalized", "normalized lstrip", "normalized rstrip single_word", "special", "special normalized"]


def byte_variants():
    toks = added(BYTE_SIZE, ("<s>", "special"), ("<x>", "lstrip rstrip"), ("  ", "normalized"), ("<w>", "single_word"), ("<xy>", "normalized"))
    ids = {t["content"]: t["id"] for t in toks}
    yield "plain", dict(pre_tokenizer=BL, decoder=DEC)
    for prefix, trim, regex in itertools.product([False, True], repeat=3):
        bl = dict(BL, add_prefix_space=prefix, trim_offsets=trim, use_regex=regex)
        yield f"byte_level_{prefix:d}{trim:d}{regex:d}", dict(pre_tokenizer=bl, post_processor=bl, decoder=DEC, added_tokens=toks)
    for individual in (False, True):
        yield f"digits_{individual:d}", dict(pre_tokenizer=seq("pretokenizers", dict(type="Digits", individual_digits=individual), BL), decoder=DEC)
        yield f"late_digits_{individual:d}", dict(pre_tokenizer=seq("pretokenizers", BL, dict(type="Digits", individual_digits=individual)), decoder=DEC)
    for behavior, invert in itertools.product(["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"], [False, True]):
        yield f"split_{behavior}_{invert:d}", dict(pre_tokenizer=seq("pretokenizers", split({"Regex": r"[ab]|\s+"}, behavior, invert), dict(BL, use_regex=False)), decoder=DEC, added_tokens=toks)
    yield "ignore_merges", dict(pre_tokenizer=BL, decoder=DEC, model_flags=dict(ignore_merges=True))
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        yield form, dict(normalizer=dict(type=form), pre_tokenizer=BL, decoder=DEC, added_tokens=added(BYTE_SIZE, ("éé", "normalized"), ("e\u0301!", "")))
    post = template(["<s>", "<x>"], ["<w>"], ids)
    yield "template", dict(pre_tokenizer=BL, post_processor=seq("processors", dict(BL, add_prefix_space=True), post), decoder=DEC, added_tokens=toks)
    yield "template_first", dict(pre_tokenizer=BL, post_processor=seq("processors", post, BL), decoder=None, added_tokens=toks)


def spm_variants():
    toks = lambda f: added(0, ("<unk>", "special"), ("<s>", "special"), ("</s>", "special")) + added(SPM_SIZE, ("[A]", f), ("a b", "normalized"), ("\n\n", ""))
    legacy = seq("normalizers", dict(type="Prepend", prepend="▁"), replace(" ", "▁"))
    ids = {"<s>": 1, "</s>": 2}
    for i, f in enumerate(FLAGS):
        yield f"legacy_{i}", dict(normalizer=legacy, decoder=SPM_DECODER, added_tokens=toks(f), post_processor=template(["<s>"], [], ids))
    for scheme, cut in itertools.product(["always", "first", "never"], [False, True]):
        yield f"metaspace_{scheme}_{cut:d}", dict(pre_tokenizer=meta(scheme, cut), decoder=meta(scheme), added_tokens=toks("lstrip"))
        yield f"metaspace_{scheme}_{cut:d}_replaced", dict(normalizer=seq("normalizers", replace("ab", "c"), replace("1", "")), pre_tokenizer=meta(scheme, cut), decoder=SPM_DECODER, added_tokens=toks("normalized"))
    for fuse, fallback in itertools.product([False, True], repeat=2):
        yield f"unknown_{fuse:d}{fallback:d}", dict(normalizer=replace(" ", "▁"), decoder=SPM_DECODER, model_flags=dict(fuse_unk=fuse, byte_fallback=fallback), added_tokens=toks(""))
    yield "no_unknown", dict(normalizer=replace(" ", "▁"), decoder=seq("decoders", dict(type="ByteFallback"), meta("always")), model_flags=dict(unk_token=None))
    yield "gemma", dict(normalizer=replace(" ", "▁"), pre_tokenizer=split({"String": " "}, "MergedWithPrevious"), decoder=SPM_DECODER, model_flags=dict(fuse_unk=True, byte_fallback=True))
    yield "regex_replace", dict(normalizer=dict(type="Replace", pattern={"Regex": r"\s+"}, content="▁"), decoder=dict(type="Replace", pattern={"Regex": "▁+"}, content="_"), model_flags=dict(ignore_merges=True))
    yield "strip", dict(normalizer=replace(" ", "▁"), decoder=seq("decoders", replace("▁", " "), dict(type="Fuse"), dict(type="Strip", content=" ", start=2, stop=1)))


POOL = ["a", "b", "c", "ab", "abc", " ", "  ", "    ", " a", " ab", "1", "12", "²", "٣", "é", "e\u0301", "e\u0323\u0301", "中", "文", "😀", "ﬁ", "\n", "\n\n", "\t",
        "\u00a0", "\u2003", "▁", "A", "AB", ".", "'s", "'", "\x04", "\x06", "<s>", "<x>", "<xy>", "<w>", "</s>", "<unk>", "[A]", "a b", "<0x41>", "\ufffd", "ñ"]
fixed = ["", " ", "a", " a b ", "x<w>y <w> é<w>", "<s>a  <x>  b<s>"]


def cases(tok):
    for text in [*fixed, *("".join(rnd.choices(POOL, k=rnd.randint(1, 9))) for _ in range(strings))]:
        e = tok.encode(text, add_special_tokens=False)
        sp = tok.encode(text, add_special_tokens=True)
        try:
            decoded = [tok.decode(e.ids, skip_special_tokens=skip) for skip in (False, True)]
        except BaseException as problem:  # the library panics where Strip has more to cut than there is
            if type(problem).__name__ != "PanicException":
                raise
            continue
        yield [text, e.ids, sp.ids, e.offsets, *decoded]


with open(out, "w") as f:
    for kind, make, variants in [("byte", byte_base, byte_variants), ("spm", spm_base, spm_variants)]:
        whole = make()
        for name, sections in variants():
            flags = sections.pop("model_flags", {})
            whole_variant = dict(whole, **sections)
            whole_variant["model"] = dict(whole["model"], **flags)
            tok = Tokenizer.from_str(json.dumps(whole_variant))
            line = dict(name=f"{kind}_{name}", base=kind, set=sections, flags=flags, cases=list(cases(tok)))
            if name in ("plain", "legacy_0"):
                line["json"] = whole
            f.write(json.dumps(line, separators=(",", ":")) + "\n")
