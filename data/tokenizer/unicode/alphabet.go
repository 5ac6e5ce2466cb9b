package unicode

// ByteAlphabet holds for each byte the character that stands for it in byte-level vocabularies: itself where Latin-1 has a
// printable one, else one from U+0100 on, in order (Radford and others, 2019, the published GPT-2 encoder).
var ByteAlphabet = func() (t [256]string) {
	next := rune(0x100)
	for b := range t {
		if b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae {
			t[b] = string(rune(b))
			continue
		}
		t[b] = string(next)
		next++
	}
	return t
}()

// alphabetByte is the way back, by code point; -1 for what is not in the alphabet.
var alphabetByte = func() (t [0x144]int16) {
	for i := range t {
		t[i] = -1
	}
	for b, c := range ByteAlphabet {
		for _, r := range c {
			t[r] = int16(b)
		}
	}
	return t
}()

// ByteOf returns the byte that a character of the alphabet stands for.
func ByteOf(r rune) (b byte, ok bool) {
	if r < 0 || int(r) >= len(alphabetByte) || alphabetByte[r] < 0 {
		return 0, false
	}
	return byte(alphabetByte[r]), true
}
