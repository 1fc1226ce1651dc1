package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peerTag is what the other proxies insert: as long as this project's tag.
const peerTag = `<script src="/_cobrowse/loader-0123456789abcdef.js" async></script>`

// peer is one proxy of the comparison.
type peer struct {
	// name is what the report and -peers call it.
	name string
	// edits says that pages are to carry a tag. The others pass them as they are.
	edits bool
	// program and pkg are the Debian program that it needs and its package.
	// Empty means that this repository has all that is needed.
	program, pkg string
	// counts says that it tells its decisions at setting.counters.
	counts bool
	// command returns the command line, after writing what it needs to folder.
	command func(setting) ([]string, error)
}

// setting is where a peer runs.
type setting struct {
	folder  string // its own, removed at the end
	listen  string // 127.0.0.1:port
	origin  string // 127.0.0.1:port
	caddy   string // path of cobrowse-proxy
	self    string // path of this program
	workers int    // how many cores it has
	// counters is where a peer that counts its decisions tells them.
	counters string // 127.0.0.1:port
}

// basePeer is the one that all are compared with.
const basePeer = "caddy"

// ourPeer is this project.
const ourPeer = "ours"

func peers() []peer {
	return []peer{
		{name: basePeer, command: caddyCommand},
		{name: ourPeer, edits: true, counts: true, command: cobrowseCommand},
		{name: "nginx", edits: true, program: "nginx", pkg: "nginx", command: nginxCommand},
		{name: "apache", edits: true, program: "apache2", pkg: "apache2-bin", command: apacheCommand},
		{name: "go-plain", command: goCommand(kindPlain)},
		{name: "go-readall", edits: true, command: goCommand(kindReadAll)},
	}
}

// peerNames lists all that -peers may name.
func peerNames() []string {
	var names []string
	for _, p := range peers() {
		if p.name != basePeer {
			names = append(names, p.name)
		}
	}
	return names
}

// peerTitles are the columns' headings.
var peerTitles = map[string]string{
	basePeer:     "plain Caddy",
	ourPeer:      "Cobrowse Proxy",
	"nginx":      "nginx sub_filter",
	"apache":     "Apache mod_substitute",
	"go-plain":   "Go ReverseProxy",
	"go-readall": "Go, whole body",
}

// caddyConfig is a Caddyfile of a proxy with one more directive, or none.
func caddyConfig(s setting, directive string) string {
	return fmt.Sprintf(`{
	admin off
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	grace_period 1s
	log {
		level ERROR
	}
}
http://%s {
%s	reverse_proxy %s
}
`, s.listen, directive, s.origin)
}

func runCaddy(s setting, config string) ([]string, error) {
	file, err := writeConfig(s, "Caddyfile", config)
	return []string{s.caddy, "run", "--config", file, "--adapter", "caddyfile"}, err
}

func caddyCommand(s setting) ([]string, error) { return runCaddy(s, caddyConfig(s, "")) }

// cobrowseCommand is the same with our directive. The counters have an address
// of their own, so that no request that is measured is matched against theirs.
func cobrowseCommand(s setting) ([]string, error) {
	return runCaddy(s, caddyConfig(s, "\tcobrowse\n")+fmt.Sprintf("http://%s {\n\tmetrics\n}\n", s.counters))
}

func nginxCommand(s setting) ([]string, error) {
	config := fmt.Sprintf(`daemon off;
worker_processes %[1]d;
pid %[2]s/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
	access_log off;
	client_body_temp_path %[2]s/body;
	proxy_temp_path %[2]s/proxy;
	fastcgi_temp_path %[2]s/fastcgi;
	uwsgi_temp_path %[2]s/uwsgi;
	scgi_temp_path %[2]s/scgi;
	keepalive_requests 1000000000;
	upstream origin {
		server %[4]s;
		keepalive 256;
		keepalive_requests 1000000000;
	}
	gzip on;
	gzip_comp_level 1;
	gzip_proxied any;
	server {
		listen %[3]s;
		location / {
			proxy_pass http://origin;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Accept-Encoding "";
			sub_filter '<head>' '<head>%[5]s';
			sub_filter_once on;
		}
	}
}
`, s.workers, s.folder, s.listen, s.origin, peerTag)
	file, err := writeConfig(s, "nginx.conf", config)
	program, lookErr := lookPath("nginx")
	if err == nil {
		err = lookErr
	}
	return []string{program, "-e", "stderr", "-p", s.folder, "-c", file}, err
}

// apacheModules are where Debian keeps them.
const apacheModules = "/usr/lib/apache2/modules"

func apacheCommand(s setting) ([]string, error) {
	var load strings.Builder
	for _, name := range []string{"mpm_event", "authz_core", "filter", "substitute", "deflate", "proxy", "proxy_http"} {
		fmt.Fprintf(&load, "LoadModule %s_module %s/mod_%s.so\n", name, apacheModules, name)
	}
	config := fmt.Sprintf(`ServerRoot %[1]s
ServerName localhost
Listen %[2]s
PidFile %[1]s/apache.pid
DefaultRuntimeDir %[1]s
ErrorLog %[1]s/error.log
%[3]sServerLimit 1
StartServers 1
ThreadLimit 256
ThreadsPerChild 256
MaxRequestWorkers 256
MaxKeepAliveRequests 0
DeflateCompressionLevel 1
ProxyPass / http://%[4]s/
AddOutputFilterByType INFLATE;SUBSTITUTE;DEFLATE text/html
Substitute 's|<head>|<head>%[5]s|n'
`, s.folder, s.listen, load.String(), s.origin, peerTag)
	file, err := writeConfig(s, "apache.conf", config)
	program, lookErr := lookPath("apache2")
	if err == nil {
		err = lookErr
	}
	return []string{program, "-D", "FOREGROUND", "-f", file}, err
}

func goCommand(kind string) func(setting) ([]string, error) {
	return func(s setting) ([]string, error) {
		return []string{s.self, "serve-proxy", "-kind", kind, "-listen", s.listen, "-origin", "http://" + s.origin}, nil
	}
}

func writeConfig(s setting, name, text string) (string, error) {
	file := filepath.Join(s.folder, name)
	return file, os.WriteFile(file, []byte(text), 0o644) // #nosec G306 -- read by another user, holds no secret
}

// lookPath finds a program in PATH or where Debian keeps servers.
func lookPath(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	return exec.LookPath(filepath.Join("/usr/sbin", program))
}
