package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// bench holds what is running.
type bench struct {
	*plan
	say    func(string, ...any)
	folder string
	script string // of wrk
	caddy  string // path of cobrowse-proxy
	self   string // path of a copy of this program
	cores  cores
	origin *process
	// repeats is how many disturbed measurements may still be repeated.
	repeats int
}

// newBench makes a folder, builds what must be built, and starts the origin.
func newBench(ctx context.Context, p *plan, say func(string, ...any)) (b *bench, err error) {
	b = &bench{plan: p, say: say, repeats: p.repeats()}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	allowed, err := allowedCores()
	if err != nil {
		return b, err
	}
	b.cores = cores{Proxies: len(allowed), Loads: 1}
	if p.pin {
		b.cores = share(allowed)
	}
	if b.cores.Proxy == "" && p.pin {
		say("fewer than four cores: the load generator and the origin take time from the proxies")
	}
	if b.folder, err = os.MkdirTemp("", "cobrowse-bench-"); err != nil {
		return b, err
	}
	if err := os.Chmod(b.folder, 0o755); err != nil { // #nosec G302 -- servers run as another user
		return b, err
	}
	if err := b.programs(ctx); err != nil {
		return b, err
	}
	b.script = filepath.Join(b.folder, "report.lua")
	if err := os.WriteFile(b.script, []byte(wrkReport), 0o600); err != nil {
		return b, err
	}
	addresses, err := freeAddresses(1)
	if err != nil {
		return b, err
	}
	b.origin, err = start(ctx, "the origin", addresses[0], pinned(b.cores.Origin, []string{b.self, "serve-origin", "-listen", addresses[0]}), nil)
	return b, err
}

// programs brings the two programs of this repository to where every user may
// run them: this one, of which "go run" keeps a private copy only, and the proxy.
func (b *bench) programs(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b.self = filepath.Join(b.folder, "bench")
	if err := copyProgram(b.self, self); err != nil {
		return err
	}
	b.caddy = filepath.Join(b.folder, "cobrowse-proxy")
	if b.binary != "" {
		return copyProgram(b.caddy, b.binary)
	}
	b.say("building cobrowse-proxy")
	const pkg = "github.com/cobrowse-proxy/cobrowse-proxy/cmd/cobrowse-proxy"
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", b.caddy, pkg).CombinedOutput(); err != nil { // #nosec G204 -- fixed but for the temporary folder
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}

func copyProgram(to, from string) error {
	in, err := os.Open(from) // #nosec G304 -- the user's own flag
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755) // #nosec G302 G304 -- a program for another user
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// startPeer starts a proxy in a folder of its own.
func (b *bench) startPeer(ctx context.Context, p peer) (running, error) {
	folder, err := os.MkdirTemp(b.folder, p.name+"-")
	if err != nil {
		return running{}, err
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(folder, nobody, nobody); err != nil {
			return running{}, err
		}
	}
	addresses, err := freeAddresses(2)
	if err != nil {
		return running{}, err
	}
	s := setting{
		folder: folder, listen: addresses[0], origin: b.origin.address, counters: addresses[1],
		caddy: b.caddy, self: b.self, workers: b.cores.Proxies,
	}
	command, err := p.command(s)
	if err != nil {
		return running{}, err
	}
	env := []string{
		"HOME=" + folder, "XDG_CONFIG_HOME=" + folder, "XDG_DATA_HOME=" + folder,
		"ZOOM_SDK_KEY=bench-key", "ZOOM_SDK_SECRET=bench-secret-that-signs-nothing!",
	}
	one, err := start(ctx, p.name, s.listen, pinned(b.cores.Proxy, command), env)
	return running{p, one, s.counters}, err
}

// close stops the origin and removes the folder.
func (b *bench) close() {
	if b.origin != nil {
		b.origin.stop()
	}
	if b.folder != "" {
		_ = os.RemoveAll(b.folder)
	}
}

// run measures all that the plan holds, and says how long each part took.
func (b *bench) run(ctx context.Context) (*results, error) {
	r := newResults(b.plan)
	parts := []struct {
		name    string
		measure func(context.Context, *results) error
	}{
		{sectionLoads, b.measureLoads},
		{sectionStall, b.measureStalls},
		{sectionMemory, b.memory(sectionMemory, downloadHuge(b.huge))},
		{sectionSlow, b.memory(sectionSlow, readSlowly(false))},
		{sectionSlowGzip, b.memory(sectionSlowGzip, readSlowly(true))},
	}
	began := time.Now()
	var took []string
	for _, part := range parts {
		if part.name != sectionLoads && !b.sections.has(part.name) {
			continue
		}
		began := time.Now()
		if err := part.measure(ctx, r); err != nil {
			return nil, err
		}
		took = append(took, fmt.Sprintf("%s %s", part.name, time.Since(began).Round(time.Second)))
	}
	b.say("measured in %s: %s", time.Since(began).Round(time.Second), strings.Join(took, ", "))
	r.Machine = b.machine(ctx)
	return r, nil
}
