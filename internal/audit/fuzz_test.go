package audit

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
)

// FuzzVerify: no bytes make the verifier panic; what it calls intact begins with
// a header and has only whole, sealed lines; and the scanner that opens files
// agrees with it.
func FuzzVerify(f *testing.F) {
	golden, err := os.ReadFile("testdata/audit.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(golden[:len(golden)-1])
	f.Add(bytes.Repeat(golden, 2))
	f.Add([]byte(""))
	f.Add([]byte("\n\n"))
	f.Add([]byte(`{"seq":18446744073709551615,"mac":"` + zeroMAC + `"}` + "\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		report, err := Verify(keys, Source{"f", bytes.NewReader(content)})
		if err != nil {
			t.Fatal(err)
		}
		if err := report.Write(io.Discard); err != nil {
			t.Fatal(err)
		}
		end, err := scan(bytes.NewReader(content), testKey)
		if !report.OK() {
			return
		}
		if err != nil || end.cause != "" || end.torn != 0 {
			t.Fatalf("the verifier finds nothing, the scanner %+v (%v)", end, err)
		}
		if last := report.Chains[0]; last.Last != end.seq || last.MAC != end.mac || last.Lines != uint64(bytes.Count(content, []byte("\n"))) {
			t.Fatalf("%+v and %+v", last, end)
		}
	})
}

// FuzzSealed: the same with lines that are properly sealed, whatever they say,
// which is what only a holder of the key can make.
func FuzzSealed(f *testing.F) {
	f.Add(`"seq":1`, `"seq":3`, `"seq":2`)
	f.Add(`"seq":18446744073709551615`, `"seq":0`, `"event":"audit.torn","torn_bytes":-1`)
	f.Add(`"seq":1,"event":"audit.file","version":1`, `"event":"audit.fault","lost":-9`, `"seq":9000000000000000000`)
	golden, err := os.ReadFile("testdata/audit.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		content := bytes.Clone(golden)
		sealer := newSealer(testKey)
		for _, members := range []string{a, b, c} {
			body := "{" + strings.ReplaceAll(members, "\n", " ")
			content = append(content, body+macOpen+string(sealer.digits([]byte(body)))+macClose+"\n"...)
		}
		for _, part := range [][]byte{content, content[len(golden):]} {
			report, err := Verify(keys, Source{"f", bytes.NewReader(part)})
			if err != nil {
				t.Fatal(err)
			}
			if err := report.Write(io.Discard); err != nil {
				t.Fatal(err)
			}
			_, _ = scan(bytes.NewReader(part), testKey)
		}
	})
}

// FuzzFlip: one byte that is changed, anywhere, is found.
func FuzzFlip(f *testing.F) {
	golden, err := os.ReadFile("testdata/audit.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint(0), byte(1))
	f.Add(uint(len(golden)-1), byte('\n'^' '))
	f.Fuzz(func(t *testing.T, at uint, with byte) {
		if with == 0 {
			return
		}
		content := bytes.Clone(golden)
		content[at%uint(len(content))] ^= with
		checkFlipped(t, content, int(at%uint(len(content))))
	})
}

// TestFlip flips every bit of a file, and makes of every byte a line feed, a
// quote and a brace.
func TestFlip(t *testing.T) {
	golden := read(t, "testdata/audit.jsonl")
	for at := range golden {
		for _, with := range []byte{1, 2, 4, 8, 16, 32, 64, 128, golden[at] ^ '\n', golden[at] ^ '"', golden[at] ^ '}'} {
			if with == 0 {
				continue
			}
			content := bytes.Clone(golden)
			content[at] ^= with
			checkFlipped(t, content, at)
		}
	}
}

func checkFlipped(t *testing.T, content []byte, at int) {
	t.Helper()
	report, err := Verify(keys, Source{"f", bytes.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	if report.OK() {
		t.Fatalf("byte %d was changed, and it is not found: %q", at, content)
	}
}
