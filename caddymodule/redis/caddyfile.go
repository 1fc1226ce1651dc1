package redis

import (
	"strconv"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// UnmarshalCaddyfile reads
//
//	store redis [<address>...] {
//	    cluster
//	    sentinel <master> [<username> <password>]
//	    db       <number>
//	    user     <name>
//	    password <secret>
//	    tls      { ca <file>; certificate <file> <key file>; server_name <name> }
//	    prefix   <text>
//	    timeout  <duration>
//	}
//
// where a port may be left out of an address. No word may stand twice.
func (s *Store) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the engine's name
	for _, address := range d.RemainingArgs() {
		s.Addresses = append(s.Addresses, hostPort(address))
	}
	seen := make(map[string]bool)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		word := d.Val()
		if seen[word] {
			return d.Errf("store redis: '%s' stands here twice: keep one", word)
		}
		seen[word] = true
		if err := s.word(d, word); err != nil {
			return err
		}
	}
	return nil
}

// word reads one word of the block.
func (s *Store) word(d *caddyfile.Dispenser, word string) error {
	switch word {
	case "cluster":
		s.Cluster = true
		if d.NextArg() {
			return d.Errf("store redis: cluster takes nothing after it")
		}
	case "sentinel":
		args := d.RemainingArgs()
		if len(args) != 1 && len(args) != 3 {
			return d.Errf("store redis: write sentinel <master> [<username> <password>]")
		}
		s.SentinelMaster = args[0]
		if len(args) == 3 {
			s.SentinelUsername, s.SentinelPassword = args[1], args[2]
		}
	case "db":
		var text string
		if !d.AllArgs(&text) {
			return d.Errf("store redis: write db <number>")
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return d.Errf("store redis: db '%s' is no number from 0", text)
		}
		s.DB = n
	case "user":
		return one(d, word, &s.Username)
	case "password":
		return one(d, word, &s.Password)
	case "prefix":
		return one(d, word, &s.Prefix)
	case "timeout":
		var text string
		if err := one(d, word, &text); err != nil {
			return err
		}
		t, err := caddy.ParseDuration(text)
		if err != nil || t <= 0 {
			return d.Errf("store redis: timeout '%s' is no duration such as 500ms", text)
		}
		s.Timeout = caddy.Duration(t)
	case "tls":
		return s.tls(d)
	default:
		return d.Errf("store redis: unknown word '%s'; known are cluster, db, password, prefix, sentinel, timeout, tls, user", word)
	}
	return nil
}

// tls reads the block of this name, which may be missing.
func (s *Store) tls(d *caddyfile.Dispenser) error {
	s.TLS = new(TLS)
	if d.NextArg() {
		return d.Errf("store redis: write tls { ca <file>; certificate <file> <key file>; server_name <name> }, or tls alone")
	}
	seen := make(map[string]bool)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		word := d.Val()
		if seen[word] {
			return d.Errf("store redis: 'tls %s' stands here twice: keep one", word)
		}
		seen[word] = true
		switch word {
		case "ca":
			if err := one(d, "tls ca", &s.TLS.CAFile); err != nil {
				return err
			}
		case "server_name":
			if err := one(d, "tls server_name", &s.TLS.ServerName); err != nil {
				return err
			}
		case "certificate":
			if !d.AllArgs(&s.TLS.CertificateFile, &s.TLS.KeyFile) {
				return d.Errf("store redis: write tls certificate <file> <key file>")
			}
		default:
			return d.Errf("store redis: unknown word 'tls %s'; known are ca, certificate, server_name", word)
		}
	}
	return nil
}

// one reads the one value of a word.
func one(d *caddyfile.Dispenser, word string, to *string) error {
	if !d.AllArgs(to) {
		return d.Errf("store redis: write %s with one value after it", word)
	}
	return nil
}

// Interface guards
var (
	_ caddy.Provisioner     = (*Store)(nil)
	_ caddy.CleanerUpper    = (*Store)(nil)
	_ caddyfile.Unmarshaler = (*Store)(nil)
)
