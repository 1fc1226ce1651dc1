package agent

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
)

// Policy is the operator's word on which of the people whom a source identifies
// are agents.
//
// Users and groups are compared exactly, byte for byte. The zero Policy makes
// everybody an agent whom the source identifies.
type Policy struct {
	// Users are IDs of agents. A person who is listed here, or is a member of
	// one of Groups or SupervisorGroups, is an agent; where Users and Groups
	// are both empty, everybody is.
	Users []string
	// Groups are groups whose members are agents.
	Groups []string
	// Supervisors are IDs of supervisors. They are agents, too.
	Supervisors []string
	// SupervisorGroups are groups whose members are supervisors. They are
	// agents, too. Without Supervisors and SupervisorGroups nobody is a
	// supervisor, whatever the source says.
	SupervisorGroups []string
	// Networks are the only ones from which agents may come, such as the
	// office's and the VPN's. Empty means from anywhere.
	Networks []netip.Prefix
	// ClientAddr returns the address of the client, as far as the server trusts
	// what it knows of it; the zero Addr where it is unknown, which is in no
	// network. The default is the TCP peer. Behind another proxy it must be
	// given, since that proxy is then every client's peer.
	ClientAddr func(r *http.Request) netip.Addr
}

// Errors of [Restrict].
var errNilIdentifier = errors.New("restricting agents: no identity source to restrict")

// Restrict returns an identifier that finds the agents of id whom the policy
// lets in, and sets their Role. It refuses others with [ErrNotAllowed], and
// whatever id asserts against [Agent.Check] with [ErrInvalidCredential].
//
// The client's network is looked at first, so that from outside nothing can be
// learnt about credentials. An error of Restrict itself names what is wrong
// with the policy.
func Restrict(id Identifier, p Policy) (Identifier, error) {
	if id == nil {
		return nil, errNilIdentifier
	}
	g := &guard{id: id, clientAddr: p.ClientAddr}
	if g.clientAddr == nil {
		g.clientAddr = PeerAddr
	}
	var err error
	if g.networks, err = CanonicalPrefixes(p.Networks); err != nil {
		return nil, fmt.Errorf("agents' networks: %w", err)
	}
	for _, set := range []struct {
		name string
		from []string
		to   *map[string]bool
	}{
		{"user", p.Users, &g.users},
		{"group", p.Groups, &g.groups},
		{"supervisor", p.Supervisors, &g.supervisors},
		{"supervisor group", p.SupervisorGroups, &g.supervisorGroups},
	} {
		*set.to = make(map[string]bool, len(set.from))
		for _, name := range set.from {
			if !sound(name) {
				return nil, fmt.Errorf("%s %q: write the name as the identity source does, without control characters or white space around it", set.name, name)
			}
			(*set.to)[name] = true
		}
	}
	return g, nil
}

// guard is a source behind a policy.
type guard struct {
	id         Identifier
	networks   []netip.Prefix
	clientAddr func(*http.Request) netip.Addr

	users, groups, supervisors, supervisorGroups map[string]bool
}

// Identify implements [Identifier].
func (g *guard) Identify(r *http.Request) (Agent, error) {
	return g.judge(r, g.id.Identify)
}

// Revalidate implements [Revalidator].
func (g *guard) Revalidate(r *http.Request) (Agent, error) {
	return g.judge(r, func(r *http.Request) (Agent, error) { return Revalidate(g.id, r) })
}

func (g *guard) judge(r *http.Request, identify func(*http.Request) (Agent, error)) (Agent, error) {
	if len(g.networks) > 0 && !Contains(g.networks, g.clientAddr(r)) {
		return Agent{}, fmt.Errorf("the client's address is in none of the agents' networks: %w", ErrNotAllowed)
	}
	who, err := identify(r)
	if err != nil {
		return Agent{}, err
	}
	if err := who.Check(); err != nil {
		return Agent{}, fmt.Errorf("%w: %w", err, ErrInvalidCredential)
	}
	who.Role = RoleAgent
	if g.supervisors[who.ID] || memberOf(who.Groups, g.supervisorGroups) {
		who.Role = RoleSupervisor
		return who, nil
	}
	open := len(g.users) == 0 && len(g.groups) == 0
	if !open && !g.users[who.ID] && !memberOf(who.Groups, g.groups) {
		return Agent{}, ErrNotAllowed
	}
	return who, nil
}

func memberOf(groups []string, of map[string]bool) bool {
	return slices.ContainsFunc(groups, func(g string) bool { return of[g] })
}
