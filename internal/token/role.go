package token

import "strconv"

// Role is the value of the claim role_type (Zoom, Cobrowse SDK authorization).
type Role int

// The roles of Zoom's Cobrowse SDK.
const (
	// RoleCustomer shares a page.
	RoleCustomer Role = 1
	// RoleAgent joins any session whose PIN it knows.
	RoleAgent Role = 2
)

// Valid reports whether Zoom knows the role.
func (r Role) Valid() bool { return r == RoleCustomer || r == RoleAgent }

// String returns "customer", "agent", or the number of an unknown role.
func (r Role) String() string {
	switch r {
	case RoleCustomer:
		return "customer"
	case RoleAgent:
		return "agent"
	}
	return "role " + strconv.Itoa(int(r))
}
