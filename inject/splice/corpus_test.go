package splice

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// corpusVariable names folders with HTML files, separated by colons, for
// TestCorpus to use all of. Without it the test takes a few pages of the Go
// installation and the module cache. The long run:
//
//	apt-get install apache2-doc python3-doc zopfli pigz python3
//	SPLICE_CORPUS=/usr/share/doc go test -run TestCorpus -timeout 2h -v ./inject/splice
const corpusVariable = "SPLICE_CORPUS"

var headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)

// corpus returns pages, each once.
func corpus(tb testing.TB) (pages [][]byte, all bool) {
	tb.Helper()
	roots := filepath.SplitList(os.Getenv(corpusVariable))
	if all = len(roots) > 0; !all {
		out, err := exec.Command("go", "env", "GOROOT", "GOMODCACHE").Output()
		if err != nil {
			tb.Fatal(err)
		}
		roots = strings.Fields(string(out))
	}
	seen := make(map[[32]byte]bool)
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".html") || !all && len(pages) >= 12 {
				return nil // what cannot be read is left out
			}
			text, err := os.ReadFile(name)
			if !all && len(text) > 64<<10 {
				return nil
			}
			if sum := sha256.Sum256(text); err == nil && headTag.Match(text) && !seen[sum] {
				seen[sum] = true
				pages = append(pages, text)
			}
			return nil
		})
	}
	for _, n := range []int{500, 5 << 10, 33 << 10, 100 << 10} {
		pages = append(pages, page(n))
	}
	return pages, all
}

// variant is one way to compress.
type variant struct {
	name  string
	every int // only every so many pages: it is slow
	make  func(testing.TB, []byte) []byte
}

func variants(all bool) (list []variant) {
	for _, level := range []int{1, 6, 9} {
		flushes := []int{0, 256, 1 << 10, 4 << 10, 16 << 10}
		if !all {
			flushes = flushes[:3:3]
		}
		for _, flush := range flushes {
			list = append(list,
				variant{fmt.Sprintf("stdlib level %d flush %d", level, flush), 1, func(tb testing.TB, text []byte) []byte { return gzipped(tb, level, text, flush) }},
				variant{fmt.Sprintf("klauspost level %d flush %d", level, flush), 1, func(tb testing.TB, text []byte) []byte { return klauspostGzipped(tb, level, text, flush) }})
		}
	}
	for _, c := range []struct {
		every int
		args  []string
	}{
		{1, []string{"gzip", "-6"}},
		{4, []string{"pigz", "-1"}},
		{4, []string{"pigz", "-6"}},
		{4, []string{"pigz", "-9"}},
		{1, []string{"pigz", "-6", "-b", "128", "-p", "2"}},
		{8, []string{"pigz", "-11"}},
		{8, []string{"zopfli", "--i1"}},
	} {
		if _, err := exec.LookPath(c.args[0]); err == nil && all {
			list = append(list, variant{strings.Join(c.args, " "), c.every, func(tb testing.TB, text []byte) []byte { return by(tb, c.args, text) }})
		}
	}
	return list
}

// by compresses with a program; zopfli reads nothing but files.
func by(tb testing.TB, args []string, text []byte) []byte {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "page.html")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		tb.Fatal(err)
	}
	out, err := exec.Command(args[0], append(slices.Clone(args[1:]), "-c", name)...).Output()
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// zlib is zlib's own inflater, in a process of Python's.
type zlib struct {
	in   *bufio.Writer
	out  *bufio.Reader
	stop func() error
}

const zlibProgram = `
import sys, struct, zlib, hashlib
i, o = sys.stdin.buffer, sys.stdout
while True:
    head = i.read(4)
    if len(head) < 4:
        break
    d = zlib.decompressobj(31)
    try:
        text = d.decompress(i.read(struct.unpack('<I', head)[0])) + d.flush()
        o.write(hashlib.sha256(text).hexdigest() if d.eof and not d.unused_data else 'incomplete')
    except zlib.error as e:
        o.write(str(e))
    o.write('\n')
    o.flush()
`

// startZlib returns nil where there is no Python.
func startZlib(tb testing.TB) *zlib {
	tb.Helper()
	cmd := exec.Command("python3", "-c", zlibProgram)
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if cmd.Start() != nil {
		return nil
	}
	return &zlib{bufio.NewWriter(in), bufio.NewReader(out), func() error { _ = in.Close(); return cmd.Wait() }}
}

// check returns what zlib has against a body, or "".
func (z *zlib) check(body, want []byte) string {
	sum := sha256.Sum256(want)
	_, _ = z.in.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(body))))
	_, _ = z.in.Write(body)
	_ = z.in.Flush()
	line, err := z.out.ReadString('\n')
	if line = strings.TrimSpace(line); err != nil || line != hex.EncodeToString(sum[:]) {
		return "zlib: " + line
	}
	return ""
}

// TestCorpus puts a tag into real pages, compressed in many ways, and has the
// result inflated by the standard library, by klauspost's and by zlib.
func TestCorpus(t *testing.T) {
	pages, all := corpus(t)
	z := startZlib(t)
	if z == nil {
		t.Log("without python3, zlib is not asked")
	}
	total := 0
	for _, v := range variants(all) {
		var growth []int
		for i, text := range pages {
			if i%v.every != 0 {
				continue
			}
			body := v.make(t, text)
			at := headTag.FindIndex(text)[1]
			r := checkSplice(t, body, at, run{ahead: 1 << 10, hold: true, known: i%3 == 0})
			if i%10 == 0 {
				cut := checkSplice(t, body, at, run{ahead: 1 << 10, chunk: 1 + i*7919%5000, known: i%4 < 2, split: i%3 == 0})
				if !bytes.Equal(cut.out, r.out) {
					t.Fatalf("%s, page %d: %s", v.name, i, firstDifference(cut.out, r.out))
				}
			}
			if !r.exact {
				t.Errorf("%s, page %d: growth is not exact", v.name, i)
			}
			if z != nil {
				if err := z.check(r.out, slices.Concat(text[:at], []byte(testTag), text[at:])); err != "" {
					t.Fatalf("%s, page %d: %s", v.name, i, err)
				}
			}
			growth = append(growth, len(r.out)-len(body))
		}
		total += len(growth)
		slices.Sort(growth)
		n := len(growth)
		t.Logf("%-30s %5d pages, a tag of %d bytes, longer by: median %d, p95 %d, most %d", v.name, n,
			len(testTag), growth[n/2], growth[n*95/100], growth[n-1])
	}
	t.Logf("%d pages, %d cases", len(pages), total)
	if z != nil {
		if err := z.stop(); err != nil && err != io.EOF {
			t.Error(err)
		}
	}
}
