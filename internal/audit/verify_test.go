package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// history returns the lines of a chain of two files: "a" with numbers 1 to 6 and
// "b" with 7 to 12. Numbers 1 and 7 are headers.
func history(t testing.TB, key Key) (a, b []string) {
	t.Helper()
	cfg := testConfig(t)
	cfg.Key = key
	w := open(t, cfg)
	appendClaims(t, w, 2, 6)
	if err := w.Rotate(context.Background()); err != nil {
		t.Fatal(err)
	}
	appendClaims(t, w, 8, 12)
	closeWriter(t, w)
	files := logFiles(t, cfg.Path)
	split := func(path string) []string {
		return slices.DeleteFunc(strings.SplitAfter(string(read(t, path)), "\n"), func(s string) bool { return s == "" })
	}
	return split(files[0]), split(files[1])
}

func source(name string, lines []string) Source {
	return Source{Name: name, Reader: strings.NewReader(strings.Join(lines, ""))}
}

// TestTampering: what can be done to a record without its key, and where it is
// found.
func TestTampering(t *testing.T) {
	a, b := history(t, testKey)
	foreign, _ := history(t, otherKey)
	other, _ := otherHistory(t)
	edit := func(line string) string { return strings.Replace(line, `"anna"`, `"bert"`, 1) }
	join := func(parts ...[]string) []string { return slices.Concat(parts...) }
	for _, test := range []struct {
		name string
		a, b []string
		want []string // "file:line: kind", in order
	}{
		{"untouched", a, b, nil},
		{"one edited", join(a[:3], []string{edit(a[3])}, a[4:]), b, []string{"a:4: edited"}},
		{"two edited", join(a[:3], []string{edit(a[3]), edit(a[4])}, a[5:]), b, []string{"a:4: edited", "a:5: edited"}},
		{"last of a file edited", join(a[:5], []string{edit(a[5])}), b, []string{"a:6: edited"}},
		{"last of all edited", a, join(b[:5], []string{edit(b[5])}), []string{"b:6: edited"}},
		{"sealed with another key", join(a[:3], foreign[3:4], a[4:]), b, []string{"a:4: edited"}},
		{"header edited", join([]string{strings.Replace(a[0], "2026", "2025", 1)}, a[1:]), b, []string{"a:1: edited"}},
		{"second header edited", a, join([]string{strings.Replace(b[0], "request", "damaged", 1)}, b[1:]), []string{"b:1: edited"}},
		{"one dropped", join(a[:3], a[4:]), b, []string{"a:4: dropped"}},
		{"three dropped", join(a[:2], a[5:]), b, []string{"a:3: dropped"}},
		{"two places dropped", join(a[:2], a[3:4], a[5:]), b, []string{"a:3: dropped", "a:4: dropped"}},
		{"end of a file dropped", a[:4], b, []string{"b:1: dropped"}},
		{"header dropped", a[1:], b, []string{"a:1: no header"}},
		{"second header dropped", a, b[1:], []string{"b:1: no header"}},
		{"file dropped in the middle", a, nil, []string{"b:1: no header"}},
		{"two swapped", join(a[:2], a[3:4], a[2:3], a[4:]), b, []string{"a:4: reordered"}},
		{"block moved", join(a[:1], a[3:5], a[1:3], a[5:]), b, []string{"a:4: reordered", "a:5: reordered"}},
		{"moved into the other file", join(a[:2], a[3:]), join(b[:3], a[2:3], b[3:]), []string{"b:4: reordered"}},
		{"one duplicated", join(a[:3], a[2:]), b, []string{"a:4: duplicated"}},
		{"all duplicated", join(a, a[1:]), b, []string{
			"a:7: duplicated", "a:8: duplicated", "a:9: duplicated", "a:10: duplicated", "a:11: duplicated",
		}},
		{"forged line inserted", join(a[:3], []string{edit(a[3])}, a[3:]), b, []string{"a:4: inserted"}},
		{"text inserted", join(a[:3], []string{"hello\n"}, a[3:]), b, []string{"a:4: inserted"}},
		{"empty line inserted", join(a[:3], []string{"\n"}, a[3:]), b, []string{"a:4: inserted"}},
		{"huge line inserted", join(a[:3], []string{strings.Repeat("x", 5*maxLine) + "\n"}, a[3:]), b, []string{"a:4: inserted"}},
		{"from another chain of the key", join(a[:3], other[3:4], a[4:]), b, []string{"a:4: unlinked", "a:5: unlinked"}},
		{"dropped, and from another chain inserted", join(a[:3], other[4:5], a[5:]), b, []string{"a:4: dropped", "a:5: unlinked"}},
		{"two dropped, one forged inserted", join(a[:2], []string{edit(a[2])}, a[4:]), b, []string{"a:3: edited", "a:4: dropped"}},
		{"joined", join(a, b), nil, []string{"a:7: inserted", "b:1: no header"}},
		{"torn", a, join(b[:5], []string{b[5][:90]}), []string{"b:6: torn"}},
		{"line feed lost at the end", a, join(b[:5], []string{strings.TrimSuffix(b[5], "\n")}), []string{"b:6: torn"}},
		{"carriage returns", join(a[:5], []string{strings.TrimSuffix(a[5], "\n") + "\r\n"}), b, []string{"a:6: edited"}},
		{"empty files", nil, nil, []string{"a:1: no header", "b:1: no header"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, turned := range []bool{false, true} { // the order of the arguments is no matter
				sources := []Source{source("a", test.a), source("b", test.b)}
				if turned {
					slices.Reverse(sources)
				}
				report, err := Verify(keys, sources...)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, p := range report.Problems {
					got = append(got, fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Kind))
				}
				slices.Sort(got) // empty files have no order of their own
				want := slices.Sorted(slices.Values(test.want))
				if !slices.Equal(got, want) {
					t.Errorf("turned %v:\ngot  %v\nwant %v", turned, report.Problems, test.want)
				}
			}
		})
	}
}

// otherHistory is as history, but of another chain and with other content.
func otherHistory(t testing.TB) (a, b []string) {
	t.Helper()
	cfg := testConfig(t)
	cfg.Rand = bytes.NewReader(bytes.Repeat([]byte{0xd5}, 16))
	w := open(t, cfg)
	appendClaims(t, w, 20, 28)
	closeWriter(t, w)
	return strings.SplitAfter(string(read(t, cfg.Path)), "\n"), nil
}

func TestCheckpoints(t *testing.T) {
	a, b := history(t, testKey)
	seal := func(line string) Checkpoint {
		l, err := parseLine([]byte(strings.TrimSuffix(line, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		return Checkpoint{Chain: strings.Repeat("c4", 16), Seq: l.Seq, MAC: l.mac}
	}
	last := seal(b[5])
	elsewhere := last
	elsewhere.Chain = strings.Repeat("0", 32)
	forged := last
	forged.MAC = zeroMAC
	for _, test := range []struct {
		name       string
		files      [][]string
		checkpoint Checkpoint
		want       Kind
	}{
		{"the last line", [][]string{a, b}, last, ""},
		{"an older line", [][]string{a, b}, seal(a[2]), ""},
		{"cut off by one", [][]string{a, b[:5]}, last, Truncated},
		{"cut off to the first file", [][]string{a}, last, Truncated},
		{"cut off to a header", [][]string{a[:1]}, last, Truncated},
		{"in a file that is not given", [][]string{b}, seal(a[2]), Dropped},
		{"another line", [][]string{a, b}, forged, Unlinked},
		{"another chain", [][]string{a, b}, elsewhere, Truncated},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sources []Source
			for i, lines := range test.files {
				sources = append(sources, source(string(rune('a'+i)), lines))
			}
			parsed, err := ParseCheckpoint(test.checkpoint.String())
			if err != nil || parsed != test.checkpoint {
				t.Fatalf("%v is read as %v (%v)", test.checkpoint, parsed, err)
			}
			report, err := Verify(VerifyOptions{Keys: keys.Keys, Checkpoint: parsed}, sources...)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case test.want == "" && !report.OK():
				t.Errorf("problems %v", report.Problems)
			case test.want != "" && (len(report.Problems) != 1 || report.Problems[0].Kind != test.want):
				t.Errorf("problems %v, want one: %s", report.Problems, test.want)
			}
		})
	}
	for _, text := range []string{"", "a:b:c", last.String() + "0", strings.Replace(last.String(), ":12:", ":99999999999999999999:", 1)} {
		if c, err := ParseCheckpoint(text); err == nil {
			t.Errorf("%q is read as %v", text, c)
		}
	}
}

func TestVerifyKeys(t *testing.T) {
	a, b := history(t, testKey)
	report, err := Verify(VerifyOptions{Keys: []Key{otherKey}}, source("a", a), source("b", b))
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Problems) != 2 || report.Problems[0].Kind != UnknownKey {
		t.Errorf("problems %v", report.Problems)
	}
	if _, err := Verify(VerifyOptions{}, source("a", a)); err == nil {
		t.Error("no key is enough")
	}
}

// TestOlderFilesElsewhere: a chain whose older files were shipped away is no
// problem, and no secret either.
func TestOlderFilesElsewhere(t *testing.T) {
	_, b := history(t, testKey)
	report, err := Verify(keys, source("b", b))
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() || len(report.Notices) != 1 || !strings.Contains(report.Notices[0], "number 7") {
		t.Errorf("problems %v, notices %q", report.Problems, report.Notices)
	}
}

func TestVerifyFiles(t *testing.T) {
	cfg := written(t)
	var out strings.Builder
	if err := VerifyFiles(&out, keys, cfg.Path); err != nil {
		t.Fatal(err)
	}
	checkpoint := (Checkpoint{Chain: strings.Repeat("c4", 16), Seq: 4, MAC: parsed(t, cfg.Path)[3].mac}).String()
	want := "chain c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4: lines 1 to 4, 2026-11-23T00:55:01.042Z to 2026-11-23T00:55:01.042Z, in 1 file\n" +
		"checkpoint: " + checkpoint + "\nOK: nothing was edited, dropped, reordered or inserted\n"
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}

	write(t, cfg.Path, bytes.Replace(read(t, cfg.Path), []byte(`"anna"`), []byte(`"bert"`), 2))
	out.Reset()
	if err := VerifyFiles(&out, keys, cfg.Path); !errors.Is(err, ErrNotIntact) {
		t.Errorf("error %v", err)
	}
	for _, want := range []string{
		cfg.Path + ":2: edited: the line says it is number 2, but its mac is not that of its content\n", cfg.Path + ":3: edited: ",
		"NOT OK: 2 problems\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
	if err := VerifyFiles(&out, keys, cfg.Path+".missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if err := VerifyFiles(&out, keys); err == nil {
		t.Error("no file is enough")
	}
}

// TestReportBounded: a file of nothing but bad lines neither fills the memory
// nor the terminal.
func TestReportBounded(t *testing.T) {
	a, _ := history(t, testKey)
	report, err := Verify(keys, source("a", append(slices.Clone(a), slices.Repeat([]string{"x\n"}, 5000)...)))
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Problems) != maxProblems || report.More != 4000 {
		t.Errorf("%d problems and %d more", len(report.Problems), report.More)
	}
}

// TestEscapes: what a stranger wrote into a file does not reach the terminal.
func TestEscapes(t *testing.T) {
	a, _ := history(t, testKey)
	evil := strings.Replace(a[0], testKey.ID(), `\u001b[2J\u202e`, 1)
	report, err := Verify(keys, source("a", []string{evil}))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := report.Write(&out); err != nil {
		t.Fatal(err)
	}
	if report.OK() || strings.ContainsAny(out.String(), "\x1b\u202e") {
		t.Errorf("%q", out.String())
	}
}
