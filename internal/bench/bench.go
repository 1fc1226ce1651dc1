package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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
}

// newBench makes a folder, builds what must be built, and starts the origin.
func newBench(ctx context.Context, p *plan, say func(string, ...any)) (b *bench, err error) {
	b = &bench{plan: p, say: say}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	allowed, err := allowedCores()
	if err != nil {
		return b, err
	}
	b.cores = cores{proxies: len(allowed), loads: 1}
	if p.pin {
		b.cores = share(allowed)
	}
	if b.cores.proxy == "" && p.pin {
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
	address, err := freeAddress()
	if err != nil {
		return b, err
	}
	b.origin, err = start(ctx, "the origin", address, pinned(b.cores.origin, []string{b.self, "serve-origin", "-listen", address}), nil)
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
func (b *bench) startPeer(ctx context.Context, p peer) (*process, error) {
	folder, err := os.MkdirTemp(b.folder, p.name+"-")
	if err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(folder, nobody, nobody); err != nil {
			return nil, err
		}
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := setting{
		folder: folder, listen: address, origin: b.origin.address,
		caddy: b.caddy, self: b.self, workers: b.cores.proxies,
	}
	command, err := p.command(s)
	if err != nil {
		return nil, err
	}
	env := []string{
		"HOME=" + folder, "XDG_CONFIG_HOME=" + folder, "XDG_DATA_HOME=" + folder,
		"ZOOM_SDK_KEY=bench-key", "ZOOM_SDK_SECRET=bench-secret-that-signs-nothing!",
	}
	return start(ctx, p.name, address, pinned(b.cores.proxy, command), env)
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

// run measures all that the plan holds.
func (b *bench) run(ctx context.Context) (*results, error) {
	r := newResults(b.plan)
	began := time.Now()
	if err := b.measureLoads(ctx, r); err != nil {
		return nil, err
	}
	if b.sections.has(sectionStall) {
		if err := b.measureStalls(ctx, r); err != nil {
			return nil, err
		}
	}
	if b.sections.has(sectionMemory) {
		if err := b.measureMemory(ctx, r, sectionMemory, downloadHuge(b.huge)); err != nil {
			return nil, err
		}
	}
	if b.sections.has(sectionSlow) {
		if err := b.measureMemory(ctx, r, sectionSlow, readSlowly); err != nil {
			return nil, err
		}
	}
	b.say("measured in %s", time.Since(began).Round(time.Second))
	return r, nil
}
