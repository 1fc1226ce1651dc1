package audit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written returns a configuration whose file holds three claims.
func written(t *testing.T) Config {
	t.Helper()
	cfg := testConfig(t)
	w := open(t, cfg)
	appendClaims(t, w, 1, 3)
	closeWriter(t, w)
	return cfg
}

// TestTorn cuts the last line at every byte, as a crash would.
func TestTorn(t *testing.T) {
	cfg := written(t)
	whole := read(t, cfg.Path)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	last := lines[len(lines)-2]
	keep := len(whole) - len(last)
	for cut := 1; cut < len(last); cut += 7 {
		write(t, cfg.Path, whole[:keep+cut])
		if report := verify(t, keys, cfg.Path); report.OK() || report.Problems[0].Kind != Torn || report.Problems[0].Line != 4 {
			t.Fatalf("before repair: %v", report.Problems)
		}
		w := open(t, cfg)
		appendClaims(t, w, 4, 4)
		closeWriter(t, w)
		report := verified(t, keys, cfg.Path)
		if len(report.Notices) != 1 || !strings.Contains(report.Notices[0], "set aside") {
			t.Fatalf("notices %q", report.Notices)
		}
		incident := parsed(t, cfg.Path)[3]
		aside := filepath.Join(filepath.Dir(cfg.Path), incident.TornFile)
		if got := read(t, aside); !bytes.Equal(got, last[:cut]) || incident.TornBytes != int64(cut) {
			t.Fatalf("set aside %q, cut off %q", got, last[:cut])
		}
		if err := os.Remove(aside); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGoesOn: after whatever happened to the file, there is a file whose chain
// goes on, and Verify says what is wrong with the old one.
func TestGoesOn(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, cfg *Config)
		cause  string
		kind   Kind // "" when all is well
	}{
		{"edited", func(t *testing.T, cfg *Config) {
			write(t, cfg.Path, bytes.Replace(read(t, cfg.Path), []byte("session-000002"), []byte("session-000009"), 1))
		}, CauseDamaged, Edited},
		{"last line edited", func(t *testing.T, cfg *Config) {
			write(t, cfg.Path, bytes.Replace(read(t, cfg.Path), []byte("session-000003"), []byte("session-000009"), 1))
		}, CauseDamaged, Inserted},
		{"header edited", func(t *testing.T, cfg *Config) {
			write(t, cfg.Path, bytes.Replace(read(t, cfg.Path), []byte("c4c4"), []byte("c5c5"), 1))
		}, CauseDamaged, Edited},
		{"line feeds at the end", func(t *testing.T, cfg *Config) {
			write(t, cfg.Path, append(read(t, cfg.Path), "\n\n"...))
		}, CauseDamaged, Inserted},
		{"last line of another chain", func(t *testing.T, cfg *Config) {
			lines := strings.SplitAfter(string(read(t, cfg.Path)), "\n")
			other, _ := otherHistory(t)
			write(t, cfg.Path, []byte(strings.Join(lines[:3], "")+other[3]))
		}, CauseDamaged, Unlinked},
		{"a line dropped", func(t *testing.T, cfg *Config) {
			lines := strings.SplitAfter(string(read(t, cfg.Path)), "\n")
			write(t, cfg.Path, []byte(lines[0]+lines[1]+lines[3]))
		}, CauseDamaged, Dropped},
		{"other key", func(_ *testing.T, cfg *Config) { cfg.Key = otherKey }, CauseKey, ""},
		{"moved while closed", func(t *testing.T, cfg *Config) {
			if err := os.Rename(cfg.Path, archiveName(cfg.Path, 1, cfg.Now())); err != nil {
				t.Fatal(err)
			}
		}, CauseStart, ""},
		{"moved while closed, and an empty file in its place", func(t *testing.T, cfg *Config) {
			if err := os.Rename(cfg.Path, archiveName(cfg.Path, 1, cfg.Now())); err != nil {
				t.Fatal(err)
			}
			write(t, cfg.Path, nil)
		}, CauseStart, ""},
		{"left over from a crash while rotating", func(t *testing.T, cfg *Config) {
			if err := os.Rename(cfg.Path, archiveName(cfg.Path, 1, cfg.Now())); err != nil {
				t.Fatal(err)
			}
			write(t, cfg.Path+".tmp", []byte(`{"seq":`))
		}, CauseStart, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := written(t)
			test.change(t, &cfg)
			w := open(t, cfg)
			appendClaims(t, w, 4, 5)
			closeWriter(t, w)
			if head := parsed(t, cfg.Path)[0]; head.Reason != test.cause || head.PreviousFile == "" {
				t.Errorf("cause %q after %q", head.Reason, head.PreviousFile)
			}
			report := verify(t, VerifyOptions{Keys: []Key{testKey, otherKey}}, logFiles(t, cfg.Path)...)
			switch {
			case test.kind == "" && !report.OK():
				t.Errorf("problems %v", report.Problems)
			case test.kind != "" && (report.OK() || report.Problems[0].Kind != test.kind):
				t.Errorf("problems %v, want %s", report.Problems, test.kind)
			}
		})
	}
}

// TestOthersWhileOpen: what other programs do to the file while it is written
// to.
func TestOthersWhileOpen(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(path string) error
		files  int
		intact bool
	}{
		{"moved", func(path string) error { return os.Rename(path, path+"-elsewhere.jsonl") }, 2, true},
		{"moved, and an empty file in its place", func(path string) error {
			return errors.Join(os.Rename(path, path+"-elsewhere.jsonl"), os.WriteFile(path, nil, 0o600))
		}, 2, true},
		{"removed", os.Remove, 1, true}, // noticed: the chain begins late
		{"truncated", func(path string) error { return os.Truncate(path, 10) }, 2, false},
		{"written to", func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("{}\n")
			return errors.Join(err, f.Close())
		}, 2, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := testConfig(t)
			w := open(t, cfg)
			appendClaims(t, w, 1, 2)
			if err := test.change(cfg.Path); err != nil {
				t.Fatal(err)
			}
			appendClaims(t, w, 3, 4)
			closeWriter(t, w)
			files, err := filepath.Glob(filepath.Dir(cfg.Path) + "/*.jsonl")
			if err != nil || len(files) != test.files {
				t.Errorf("files %v (%v)", files, err)
			}
			report := verify(t, keys, files...)
			if report.OK() != test.intact {
				t.Errorf("problems %v", report.Problems)
			}
			if len(report.Notices) == 0 {
				t.Error("nothing is noticed")
			}
			if got := events(t, cfg.Path); got != "audit.file session.claimed session.claimed" {
				t.Errorf("the new file has %s", got)
			}
		})
	}
}

// TestFolderComesBack takes the folder away for a while, as a volume that is
// not mounted for a moment: nothing is written elsewhere, and the chain goes on
// in the same file.
func TestFolderComesBack(t *testing.T) {
	cfg := testConfig(t)
	folder := filepath.Join(filepath.Dir(cfg.Path), "record")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg.Path = filepath.Join(folder, "audit.jsonl")
	w := open(t, cfg)
	appendClaims(t, w, 1, 2)
	if err := os.Rename(folder, folder+".aside"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Append(context.Background(), claim(3)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("without its folder: %v", err)
		}
	}
	if err := os.Rename(folder+".aside", folder); err != nil {
		t.Fatal(err)
	}
	appendClaims(t, w, 3, 4)
	closeWriter(t, w)
	if files := logFiles(t, cfg.Path); len(files) != 1 {
		t.Errorf("files: %v", files)
	}
	if err := VerifyFiles(io.Discard, keys, cfg.Path); err != nil {
		t.Error(err)
	}
}

// TestReplacedWhileOpen: a stranger's file is not overwritten, and no record is
// taken for written.
func TestReplacedWhileOpen(t *testing.T) {
	cfg := testConfig(t)
	w := open(t, cfg)
	appendClaims(t, w, 1, 1)
	if err := errors.Join(os.Rename(cfg.Path, cfg.Path+".old"), os.WriteFile(cfg.Path, []byte("mine"), 0o600)); err != nil {
		t.Fatal(err)
	}
	err := w.Append(context.Background(), claim(2))
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, ErrNotAudit) {
		t.Errorf("error %v", err)
	}
	if got := read(t, cfg.Path); string(got) != "mine" {
		t.Errorf("the stranger's file is %q", got)
	}
	if err := os.Remove(cfg.Path); err != nil {
		t.Fatal(err)
	}
	appendClaims(t, w, 3, 3)
	closeWriter(t, w)
	report := verify(t, keys, cfg.Path+".old", cfg.Path)
	if !report.OK() || !strings.Contains(strings.Join(report.Notices, "\n"), "1 record could not be written") {
		t.Errorf("problems %v, notices %q", report.Problems, report.Notices)
	}
}

func TestNotAudit(t *testing.T) {
	for name, content := range map[string]string{
		"text":            "root:x:0:0\n",
		"JSON lines":      `{"level":"info"}` + "\n",
		"one long line":   strings.Repeat("x", 3*maxLine),
		"no line feed":    `{"seq":1,"time":"`,
		"a record before": string(bytes.SplitAfter(read(t, "testdata/audit.jsonl"), []byte("\n"))[1]),
		"another version": strings.Replace(string(read(t, "testdata/audit.jsonl")), `"version":1`, `"version":2`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(t)
			write(t, cfg.Path, []byte(content))
			if _, err := Open(cfg); !errors.Is(err, ErrNotAudit) || !strings.Contains(err.Error(), cfg.Path) {
				t.Errorf("error %v", err)
			}
			if got := read(t, cfg.Path); string(got) != content {
				t.Errorf("the file was changed to %q", got)
			}
		})
	}
	t.Run("folder", func(t *testing.T) {
		cfg := testConfig(t)
		if err := os.Mkdir(cfg.Path, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(cfg); !errors.Is(err, ErrNotAudit) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("symbolic link", func(t *testing.T) {
		cfg := testConfig(t)
		write(t, cfg.Path+".target", nil)
		if err := os.Symlink(cfg.Path+".target", cfg.Path); err != nil {
			t.Skip(err)
		}
		if _, err := Open(cfg); !errors.Is(err, ErrNotAudit) {
			t.Errorf("error %v", err)
		}
	})
}

func TestModeTightened(t *testing.T) {
	for mode, want := range map[os.FileMode]os.FileMode{0o666: 0o640, 0o640: 0o640, 0o600: 0o600, 0o644: 0o640} {
		cfg := written(t)
		if err := os.Chmod(cfg.Path, mode); err != nil {
			t.Fatal(err)
		}
		closeWriter(t, open(t, cfg))
		info, err := os.Stat(cfg.Path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%v became %v, want %v", mode, info.Mode().Perm(), want)
		}
	}
}

func TestConfigRefused(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no path":      func(c *Config) { c.Path = "" },
		"no key":       func(c *Config) { c.Key = Key{} },
		"tiny files":   func(c *Config) { c.MaxSize = 1000 },
		"negative age": func(c *Config) { c.MaxAge = -1 },
		"no folder":    func(c *Config) { c.Path = filepath.Join(c.Path, "below", "audit.jsonl") },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(t)
			change(&cfg)
			if w, err := Open(cfg); err == nil {
				_ = w.Close()
				t.Error("accepted")
			}
		})
	}
}
