// Package redis lets Caddy's cobrowse handlers keep their sessions in Redis.
//
// It registers http.handlers.cobrowse.stores.redis when it is imported, as the
// program cobrowse-proxy does. It is a package of its own so that a build of
// Caddy without it carries no Redis client:
//
//	import _ "github.com/cobrowse-proxy/cobrowse-proxy/caddymodule/redis"
//
// What is kept, and what happens when Redis is away, is told by package
// internal/session/redis.
package redis

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

func init() {
	caddy.RegisterModule(Store{})
}

// Store keeps the records of sessions in Redis, so that several instances serve
// one site: the customer may be on one and the agent on another, and either may
// be restarted. A Redis that cannot be reached stops no page: customers are told
// to wait, agents are refused, and both get on by themselves when it is back.
//
// The sign-ins of `agents oidc` are kept there as well, and the installs and logins
// of `agents zoomapp`, so that a load balancer may lead an agent anywhere.
// They are sealed with the SDK secret, which all instances need for that: who reads
// or writes Redis is no agent by it.
//
// Set its `maxmemory-policy` to `noeviction`: one that evicts forgets customers
// who wait.
type Store struct {
	// Addresses are host:port of the server, of some nodes of a Cluster, or of the
	// Sentinels, where the port is 6379 if it is left out. Placeholders are
	// expanded when the configuration is loaded. The default is `127.0.0.1:6379`.
	Addresses []string `json:"addresses,omitempty"`

	// Cluster says that the addresses are nodes of a Redis Cluster. The default
	// is false.
	Cluster bool `json:"cluster,omitempty"`

	// SentinelMaster is the name of the master, and says that the addresses are
	// Sentinels. The default is none.
	SentinelMaster string `json:"sentinel_master,omitempty"`

	// DB is the database's number. The default is 0.
	DB int `json:"db,omitempty"`

	// Username and Password are those of an ACL user, or a password alone.
	// Placeholders are expanded when the configuration is loaded, and should be
	// used for the password. The default is none.
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`

	// SentinelUsername and SentinelPassword are those for the Sentinels.
	// Placeholders are expanded when the configuration is loaded, and should be
	// used for the password. The default is none.
	SentinelUsername string `json:"sentinel_username,omitempty"`
	SentinelPassword string `json:"sentinel_password,omitempty"`

	// TLS encrypts the connections. The default is none.
	TLS *TLS `json:"tls,omitempty"`

	// Prefix begins every key. Sites that must not see each other's sessions need
	// different ones, or different names of their desks. The default is
	// `cobrowse:`.
	Prefix string `json:"prefix,omitempty"`

	// Timeout bounds each step. The default is 500ms.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	key   string
	store *redis.Store
}

// TLS says how connections to Redis are encrypted. Its files are read when the
// configuration is loaded: one that has new contents makes new connections.
type TLS struct {
	// CAFile has the certificates (PEM) of the authorities that are trusted. The
	// default is the system's.
	CAFile string `json:"ca_file,omitempty"`

	// CertificateFile and KeyFile (PEM) are shown to the server. The default is
	// none.
	CertificateFile string `json:"certificate_file,omitempty"`
	KeyFile         string `json:"key_file,omitempty"`

	// ServerName is what the server's certificate must be for. The default is
	// the host of its address.
	ServerName string `json:"server_name,omitempty"`
}

// CaddyModule returns the Caddy module information.
func (Store) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cobrowse.stores.redis",
		New: func() caddy.Module { return new(Store) },
	}
}

// stores holds the clients that run, so that a reload keeps connections.
var stores = caddy.NewUsagePool()

// pooled is a store that a pool can end.
type pooled struct{ *redis.Store }

// Destruct implements [caddy.Destructor].
func (s pooled) Destruct() error { return s.Close() }

// Provision makes the client. It connects to nothing: a server starts without
// its Redis, and "caddy validate" needs none.
func (s *Store) Provision(ctx caddy.Context) error {
	cfg, files, err := s.config(caddy.NewReplacer(), ctx.Slogger())
	if err != nil {
		return fmt.Errorf("store redis: %w", err)
	}
	key, err := digest(s, cfg, files)
	if err != nil {
		return err
	}
	value, _, err := stores.LoadOrNew(key, func() (caddy.Destructor, error) {
		store, err := redis.New(cfg)
		return pooled{store}, err
	})
	if err != nil {
		return fmt.Errorf("store redis: %w", err)
	}
	s.key, s.store = key, value.(pooled).Store
	return nil
}

// digest names a configuration with the values that its placeholders have now,
// and with what is in its files now: a certificate that was renewed in its place
// needs a client of its own.
func digest(s *Store, cfg redis.Config, files tlsFiles) (string, error) {
	made, err := json.Marshal([]any{
		s, cfg.Addresses, cfg.Username, cfg.Password, cfg.SentinelUsername, cfg.SentinelPassword,
		files.ca, files.certificate, files.key,
	})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(made)
	return hex.EncodeToString(sum[:]), nil
}

// config expands what the operator wrote, and reads the files. Errors hold no
// value of a secret.
func (s *Store) config(repl *caddy.Replacer, logger *slog.Logger) (redis.Config, tlsFiles, error) {
	if s.Cluster && s.SentinelMaster != "" {
		return redis.Config{}, tlsFiles{}, errors.New("cluster and sentinel_master exclude each other: keep one")
	}
	cfg := redis.Config{
		Cluster: s.Cluster, SentinelMaster: s.SentinelMaster, DB: s.DB, Prefix: s.Prefix, StepTimeout: time.Duration(s.Timeout),
	}
	if cfg.StepTimeout > 0 {
		cfg.IOTimeout, cfg.DialTimeout = cfg.StepTimeout, cfg.StepTimeout
	}
	for _, raw := range s.Addresses {
		address, err := repl.ReplaceOrErr(raw, true, true)
		if err != nil {
			return redis.Config{}, tlsFiles{}, fmt.Errorf("address: %w", err)
		}
		cfg.Addresses = append(cfg.Addresses, hostPort(address))
	}
	if len(cfg.Addresses) == 0 {
		cfg.Addresses = []string{"127.0.0.1:" + port}
	}
	if err := s.expandUsers(&cfg, repl, logger); err != nil {
		return redis.Config{}, tlsFiles{}, err
	}
	files, err := s.TLS.read()
	if err != nil {
		return redis.Config{}, tlsFiles{}, err
	}
	cfg.TLS, err = s.TLS.config(files)
	return cfg, files, err
}

// expandUsers gives cfg the names and passwords.
func (s *Store) expandUsers(cfg *redis.Config, repl *caddy.Replacer, logger *slog.Logger) error {
	for _, field := range []struct {
		name, raw string
		to        *string
		secret    bool
	}{
		{"username", s.Username, &cfg.Username, false},
		{"password", s.Password, &cfg.Password, true},
		{"sentinel_username", s.SentinelUsername, &cfg.SentinelUsername, false},
		{"sentinel_password", s.SentinelPassword, &cfg.SentinelPassword, true},
	} {
		if field.raw == "" {
			continue
		}
		value, err := repl.ReplaceOrErr(field.raw, true, true)
		if err != nil || value == "" {
			return fmt.Errorf("%s is empty, or has a placeholder that Caddy does not know: write {env.NAME} or {file.<path>} of something that is there", field.name)
		}
		if field.secret && value == field.raw {
			logger.Warn("a secret is written out in the configuration, where the admin API and autosave.json show it",
				"subdirective", "store redis "+field.name, "cure", "write {env.NAME} or {file.<path>}")
		}
		*field.to = value
	}
	return nil
}

// tlsFiles are the contents of the files that a [TLS] names, in PEM form.
type tlsFiles struct{ ca, certificate, key []byte }

// read reads the files, each of them once, so that what is used is what the
// digest covers.
func (t *TLS) read() (files tlsFiles, err error) {
	if t == nil {
		return files, nil
	}
	if (t.CertificateFile == "") != (t.KeyFile == "") {
		return files, errors.New("tls certificate needs both files: the certificate and its key")
	}
	for _, file := range []struct {
		name, path string
		to         *[]byte
	}{
		{"ca", t.CAFile, &files.ca},
		{"certificate", t.CertificateFile, &files.certificate},
		{"certificate's key", t.KeyFile, &files.key},
	} {
		if file.path == "" {
			continue
		}
		if *file.to, err = os.ReadFile(file.path); err != nil {
			return tlsFiles{}, fmt.Errorf("tls %s: %w", file.name, err)
		}
	}
	return files, nil
}

// config makes the client's side of TLS. Nil means plain TCP.
func (t *TLS) config(files tlsFiles) (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(files.ca) {
			return nil, fmt.Errorf("tls ca: %s has no certificate in PEM form", t.CAFile)
		}
	}
	if t.CertificateFile != "" {
		pair, err := tls.X509KeyPair(files.certificate, files.key)
		if err != nil {
			return nil, fmt.Errorf("tls certificate: %s and %s: %w", t.CertificateFile, t.KeyFile, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

// SessionStore returns the store, once the module is provisioned.
func (s *Store) SessionStore() proxy.SessionStore { return s.store }

// SharedValues returns what else instances have in common, once the module is
// provisioned: agents' sign-ins, and flows that are under way.
func (s *Store) SharedValues() proxy.SharedValues { return s.store.Values() }

// Cleanup gives the client back; the last one closes its connections.
func (s *Store) Cleanup() error {
	if s.key == "" {
		return nil
	}
	key := s.key
	s.key = ""
	_, err := stores.Delete(key)
	return err
}

// port is Redis's, as registered with IANA.
const port = "6379"

// hostPort completes an address with Redis's port. An IPv6 address with a port
// has brackets (RFC 3986, section 3.2.2); one without brackets has no port. An
// address with a placeholder is left until it is expanded, and one that is none
// is for the client to refuse.
func hostPort(address string) string {
	if strings.Contains(address, "{") {
		return address
	}
	host, given, err := net.SplitHostPort(address)
	switch {
	case err == nil && given == "":
		return net.JoinHostPort(host, port)
	case err == nil:
		return address
	}
	host = address
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	_, err = netip.ParseAddr(host)
	if strings.ContainsAny(host, "[]") || err != nil && strings.Contains(host, ":") {
		return address
	}
	return net.JoinHostPort(host, port)
}
