package caddymodule

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// SharedStore is what a [SessionStore] implements beside, whose engine is for
// several instances: it also keeps what else they must have in common, such as
// agents' sign-ins. Where a store does not, each instance keeps that by itself, and
// agents must be led to the same one each time.
type SharedStore interface {
	// SharedValues returns where instances keep it, once the module is
	// provisioned. What is kept there is sealed.
	SharedValues() proxy.SharedValues
}

// sharing is what the instances of a handler's site have in common.
type sharing struct {
	values  proxy.SharedValues // nil where they have nothing
	store   proxy.SessionStore
	secrets []string
	// alone says why they have nothing, where an operator may expect more; "" for
	// the store in memory.
	alone string
}

// sharingOf returns what the instances of a handler share, whose store is given as
// the module and as what steps are done with.
func sharingOf(module any, store proxy.SessionStore, secrets []string) sharing {
	shared, ok := module.(SharedStore)
	switch _, memory := module.(*MemoryStore); {
	case memory:
		return sharing{}
	case !ok:
		return sharing{alone: "the module of the store keeps sessions only"}
	case len(secrets) == 0:
		return sharing{alone: "the sandbox makes an SDK secret of its own, so that instances have none in common"}
	}
	return sharing{values: observedValues{shared.SharedValues()}, store: store, secrets: slices.Clone(secrets)}
}

// tell logs that something is kept by each instance, where that is not what the
// operator may expect of the store.
func (s sharing) tell(logger *slog.Logger, what string) {
	if s.alone != "" {
		logger.Warn("something is kept by each instance for itself: several want a load balancer that leads a browser to the same one each time",
			"what", what, "reason", s.alone)
	}
}

// sealed returns the values for one purpose.
func (s sharing) sealed(purpose ...string) (*session.Sealed, error) {
	return session.NewSealed(s.values, s.secrets, purpose...)
}

// keys derives keys for one purpose: the first is today's.
func (s sharing) keys(purpose ...string) ([][]byte, error) {
	var keys [][]byte
	var faults []error
	for _, secret := range s.secrets {
		key, err := session.DeriveKey(secret, purpose...)
		keys, faults = append(keys, key), append(faults, err)
	}
	return keys, errors.Join(faults...)
}
