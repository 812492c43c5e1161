package token

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

const (
	// useInterval is how often the use of a token is written at most. The queries hold it too, for
	// all processes together.
	useInterval = time.Minute
	// useDelay is how long uses are gathered before they are written together.
	useDelay = 5 * time.Second
	// useTimeout bounds how long it takes to write them.
	useTimeout = 10 * time.Second
)

// uses are uses of tokens that are not written yet. There are at most as many as there are tokens.
type uses struct {
	mu       sync.Mutex
	tokens   map[uuid.UUID]struct{}
	previous map[string]struct{} // hashes of secrets before a roll
	rehash   map[string][]byte   // hashes under older keys, and what takes their place
	come     chan struct{}       // has room for one: something is to be written
}

func newUses() *uses {
	u := &uses{come: make(chan struct{}, 1)}
	u.take()
	return u
}

// note keeps the use of a token for later, if it is worth a write. current says that it was by the
// current secret, whose hash under the primary key is fresh.
func (u *uses) note(row gen.APIToken, current bool, fresh []byte, now time.Time) {
	due := func(last *time.Time) bool { return last == nil || now.Sub(*last) >= useInterval }
	stale := current && !bytes.Equal(row.Hash, fresh)
	used, usedPrevious := due(row.LastUsedAt), !current && due(row.PreviousUsedAt)
	if !stale && !used && !usedPrevious {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if used {
		u.tokens[row.TokenID] = struct{}{}
	}
	if usedPrevious {
		u.previous[string(row.PreviousHash)] = struct{}{}
	}
	if stale {
		u.rehash[string(row.Hash)] = fresh
	}
	select {
	case u.come <- struct{}{}:
	default: // it is known already
	}
}

// take returns what is to be written, and forgets it.
func (u *uses) take() (tokens []uuid.UUID, previous [][]byte, rehash map[string][]byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id := range u.tokens {
		tokens = append(tokens, id)
	}
	for hash := range u.previous {
		previous = append(previous, []byte(hash))
	}
	rehash = u.rehash
	u.tokens, u.previous, u.rehash = map[uuid.UUID]struct{}{}, map[string]struct{}{}, map[string][]byte{}
	return tokens, previous, rehash
}

// Run writes the uses of tokens a few seconds after they come, and a last time when ctx has ended.
// What can't be written is lost: the next use is written then.
func (s *Service) Run(ctx context.Context) {
	for ended := false; !ended; {
		select {
		case <-ctx.Done():
		case <-s.uses.come:
		}
		select {
		case <-ctx.Done():
		case <-time.After(useDelay):
		}
		ended = ctx.Err() != nil
		if err := s.Flush(context.WithoutCancel(ctx)); err != nil {
			s.logger.WarnContext(ctx, "the uses of tokens were not written", "error", db.LogText(err))
		}
	}
}

// Flush writes the uses of tokens by now.
func (s *Service) Flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, useTimeout)
	defer cancel()
	tokens, previous, rehash := s.uses.take()
	if len(tokens) > 0 {
		if err := s.q.SystemTouchAPITokens(ctx, s.pool, tokens); err != nil {
			return fmt.Errorf("write when tokens were used: %w", err)
		}
	}
	if len(previous) > 0 {
		if err := s.q.SystemTouchPreviousSecrets(ctx, s.pool, previous); err != nil {
			return fmt.Errorf("write when old secrets were used: %w", err)
		}
	}
	for was, hash := range rehash {
		if err := s.q.SystemRehashAPIToken(ctx, s.pool, hash, []byte(was)); err != nil {
			return fmt.Errorf("hash a token anew: %w", err)
		}
	}
	return nil
}
