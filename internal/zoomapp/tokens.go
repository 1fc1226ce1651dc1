package zoomapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ErrNoTokens means that nothing of use is stored of a user: the app keeps no tokens,
// the user has not installed it, or has removed it since, or they were sealed with a
// key that is here no more.
var ErrNoTokens = errors.New("no tokens of this Zoom user are stored")

// Times of stored tokens.
const (
	// refreshBefore is how long before its end an access token is replaced.
	refreshBefore = time.Minute
	// refreshTime bounds a refresh, which goes on when whoever asked has left.
	refreshTime = 20 * time.Second
)

// TokenStore keeps sealed tokens, one set for each user. It is safe for concurrent
// use.
type TokenStore interface {
	// Save keeps the text for the user, in place of an earlier one.
	Save(ctx context.Context, userID, sealed string) error
	// Load returns it, "" where there is none.
	Load(ctx context.Context, userID string) (sealed string, err error)
	// Delete forgets it. That there is none is no error.
	Delete(ctx context.Context, userID string) error
	// Lock waits until nobody else who shares the store changes the user's tokens,
	// and keeps others waiting until unlock is called. A refresh token is good once:
	// of two instances that redeem the same one, one would store a dead one.
	Lock(ctx context.Context, userID string) (unlock func(), err error)
}

// DeepLink returns a link that opens the app for a user whose tokens are stored,
// and refreshes them where they have expired. The error may be [ErrNoTokens],
// [ErrAction] or [ErrZoom].
func (i *Installer) DeepLink(ctx context.Context, userID, action string) (string, error) {
	tokens, err := i.load(ctx, userID)
	if err != nil {
		return "", err
	}
	if i.config.Now().Add(refreshBefore).After(tokens.Expires) {
		if tokens, err = i.refresh(ctx, userID, tokens); err != nil {
			return "", err
		}
	}
	link, err := i.zoom.DeepLink(ctx, tokens.Access, action)
	if refused, ok := errors.AsType[*refusal](err); !ok || refused.status != http.StatusUnauthorized {
		return link, err
	}
	// Zoom has ended the token before its time: the user has removed the app, or
	// installed it again.
	if tokens, err = i.refresh(ctx, userID, tokens); err != nil {
		return "", err
	}
	return i.zoom.DeepLink(ctx, tokens.Access, action)
}

// Linked reports whether tokens of a user are stored, so that [Installer.DeepLink]
// can work.
func (i *Installer) Linked(ctx context.Context, userID string) (bool, error) {
	_, err := i.load(ctx, userID)
	if errors.Is(err, ErrNoTokens) {
		return false, nil
	}
	return err == nil, err
}

// Forget deletes what is stored of a user, as Zoom wants it of an app that has been
// removed.
func (i *Installer) Forget(ctx context.Context, userID string) error {
	if i.config.Vault == nil {
		return nil
	}
	unlock, err := i.config.Store.Lock(ctx, userID)
	if err != nil {
		return fmt.Errorf("forgetting tokens: %w", err)
	}
	defer unlock()
	if err := i.config.Store.Delete(ctx, userID); err != nil {
		return fmt.Errorf("forgetting tokens: %w", err)
	}
	return nil
}

func (i *Installer) load(ctx context.Context, userID string) (Tokens, error) {
	if i.config.Vault == nil {
		return Tokens{}, ErrNoTokens
	}
	sealed, err := i.config.Store.Load(ctx, userID)
	switch {
	case err != nil:
		return Tokens{}, fmt.Errorf("loading tokens: %w", err)
	case sealed == "":
		return Tokens{}, ErrNoTokens
	}
	tokens, err := i.config.Vault.Open(userID, sealed)
	if err != nil {
		// Whoever changed the key kept no other, or somebody wrote to the storage. The
		// user connects the app again, which replaces the entry.
		i.config.Logger.WarnContext(ctx, "tokens of a Zoom user do not open: the user has to install the app again",
			"uid_sha256", shortDigest(userID), "cure", "where the key was changed, name the previous one as the second")
		return Tokens{}, ErrNoTokens
	}
	return tokens, nil
}

// install stores the tokens of an install, where the operator wants them stored, and
// only those that can be of use: a stranger's are forgotten.
func (i *Installer) install(ctx context.Context, userID string, tokens Tokens) error {
	if i.config.Vault == nil || i.config.KeepFor != nil && !i.config.KeepFor(userID) {
		return nil
	}
	unlock, err := i.config.Store.Lock(ctx, userID)
	if err != nil {
		return fmt.Errorf("storing tokens: %w", err)
	}
	defer unlock()
	return i.save(ctx, userID, tokens)
}

func (i *Installer) save(ctx context.Context, userID string, tokens Tokens) error {
	sealed, err := i.config.Vault.Seal(userID, tokens)
	if err != nil {
		return err
	}
	if err := i.config.Store.Save(ctx, userID, sealed); err != nil {
		return fmt.Errorf("storing tokens: %w", err)
	}
	return nil
}

// refresh replaces tokens that are of no use any more. Where another instance has
// been faster, its tokens are taken. Where Zoom takes the refresh token no more,
// what is stored is of no use to anybody, and deleted.
func (i *Installer) refresh(ctx context.Context, userID string, stale Tokens) (Tokens, error) {
	unlock, err := i.config.Store.Lock(ctx, userID)
	if err != nil {
		return Tokens{}, fmt.Errorf("refreshing tokens: %w", err)
	}
	defer unlock()
	tokens, err := i.load(ctx, userID)
	if err != nil || tokens.Access != stale.Access {
		return tokens, err
	}
	// From here on there is no way back: the old token is spent when Zoom has seen
	// it, so that the new one must be stored though the person may have left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
	defer cancel()
	fresh, err := i.zoom.Refresh(ctx, tokens.Refresh)
	if refused, ok := errors.AsType[*refusal](err); ok && refused.ends() {
		if err := i.config.Store.Delete(ctx, userID); err != nil {
			return Tokens{}, fmt.Errorf("forgetting tokens: %w", err)
		}
		i.config.Logger.InfoContext(ctx, "tokens of a Zoom user were forgotten: Zoom takes them no more", "uid_sha256", shortDigest(userID))
		return Tokens{}, ErrNoTokens
	}
	if err != nil {
		return Tokens{}, err
	}
	return fresh, i.save(ctx, userID, fresh)
}
