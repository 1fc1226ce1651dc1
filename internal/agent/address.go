package agent

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
)

// PeerAddr returns the address of the TCP peer, as [http.Request.RemoteAddr]
// has it: no header is read. An IPv4 address that came over an IPv6 socket is
// an IPv4 address, and zones are dropped. The zero Addr means that there is
// none, as on a Unix socket.
func PeerAddr(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return canonicalAddr(peer.Addr())
}

// Contains reports whether one of the prefixes, which [CanonicalPrefixes] has
// made, contains the address. The zero Addr is in none.
func Contains(prefixes []netip.Prefix, a netip.Addr) bool {
	a = canonicalAddr(a)
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// CanonicalPrefixes returns prefixes with which [Contains] works: IPv4 prefixes
// that are written as IPv4-mapped IPv6 become IPv4. The error names a prefix
// that is none.
func CanonicalPrefixes(prefixes []netip.Prefix) ([]netip.Prefix, error) {
	const mapped = 96 // bits of ::ffff:0:0 (RFC 4291, section 2.5.5.2)
	out := make([]netip.Prefix, 0, len(prefixes))
	for _, p := range prefixes {
		if p.Addr().Is4In6() && p.Bits() >= mapped {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
		}
		if !p.IsValid() || p.Addr().Is4In6() {
			return nil, fmt.Errorf("%s is no address prefix: write one such as 10.0.0.0/8 or 2001:db8::/32", p)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func canonicalAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
