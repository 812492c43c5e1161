package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
)

// ActorKind is what somebody is to us who does something.
type ActorKind string

// The kinds of actors.
const (
	Person      ActorKind = "person"
	Token       ActorKind = "token"
	Link        ActorKind = "link"
	CommandLine ActorKind = "command line"
	Stranger    ActorKind = "stranger" // who has shown nothing that we know
)

// Origin says who asks for something, and from where.
type Origin struct {
	Kind      ActorKind
	Name      string     // as the record shows it
	ID        string     // of a token, or what names a session or a link without opening it
	Address   netip.Addr // of the network; the zero Addr if there is none
	RequestID string
}

func (o Origin) address() string {
	if !o.Address.IsValid() {
		return ""
	}
	return o.Address.String()
}

type originKey struct{}

// From returns a context whose actions come from an origin.
func From(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf returns where a context's actions come from.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// NameOf names a secret, such as that of a session or a link, so that actions by it are known as of
// one origin. The name opens nothing: the secrets are random, and it is a part of their hash.
func NameOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:6])
}
