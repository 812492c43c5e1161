package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// webhookTimeout is the default of [Config.WebhookTimeout].
const webhookTimeout = 10 * time.Second

// Why a webhook was refused, as it is shown to whoever sets the integration up.
const (
	refusedMissingSignature = "missing_signature"
	refusedWrongSignature   = "wrong_signature"
	refusedTooLarge         = "too_large"
)

// receiveWebhook takes a request of JazzHR's. Its 200 leaves after the commit that holds the record and its job.
func (s *Server) receiveWebhook(r *request) (int, any, error) {
	tenant, found, err := queue.TenantByWebhookToken(r.context(), s.config.Pool, r.gin.Param("token"))
	if err != nil {
		return 0, nil, err
	}
	if !found {
		return 0, nil, notFound("webhook address")
	}
	noteTenant(r.gin, tenant.TenantID)
	body, err := r.read()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return 0, nil, s.refuse(r.context(), tenant, refusedTooLarge, err)
	}
	if err != nil {
		return 0, nil, err
	}
	version, err := s.signedBy(r.context(), tenant, body, r.gin.GetHeader(jazzhr.HeaderSignature))
	if err != nil {
		return 0, nil, err
	}
	result, err := s.accept(r, tenant, body, version)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, webhookAnswer{result}, nil
}

// outliveClient lets a request go on when its client hangs up. JazzHR's timeout is not known, and it may never send a
// webhook again: what has arrived is kept, and if it does come again it is a repeat.
func outliveClient(c *gin.Context) {
	c.Request = c.Request.WithContext(context.WithoutCancel(c.Request.Context()))
}

// webhookAnswer tells whoever tries the address by hand what became of a request. JazzHR reads the status only.
type webhookAnswer struct {
	Result string `json:"result"`
}

// signedBy returns the version of the secret that a body was signed with, or a refusal, which it has counted.
func (s *Server) signedBy(ctx context.Context, tenant gen.Tenant, body []byte, signature string) (version int32, err error) {
	refused := &failure{Code: CodeWrongSignature, Message: "the signature is missing or wrong"}
	if signature == "" {
		return 0, s.refuse(ctx, tenant, refusedMissingSignature, refused)
	}
	secrets, err := s.config.Tenants.Secrets(ctx, s.config.Pool, tenant.TenantID)
	if err != nil {
		return 0, err
	}
	texts := make([]string, len(secrets))
	for i, secret := range secrets {
		texts[i] = secret.Text
	}
	i, ok := jazzhr.VerifySignature(texts, body, signature)
	if !ok {
		return 0, s.refuse(ctx, tenant, refusedWrongSignature, refused)
	}
	return secrets[i].Version, nil
}

// refuse counts a request that is not taken and returns the error to answer it with.
func (s *Server) refuse(ctx context.Context, tenant gen.Tenant, reason string, because error) error {
	if err := queue.RefuseWebhook(ctx, s.config.Pool, tenant.TenantID, reason); err != nil {
		return err
	}
	return fmt.Errorf("webhook refused, %s: %w", reason, because)
}

// accept takes a rightly signed request. An event that is not known is kept as one that can't be read, for a person to
// see: what JazzHR signed is not thrown away.
func (s *Server) accept(r *request, tenant gen.Tenant, body []byte, version int32) (result string, err error) {
	event := r.gin.GetHeader(jazzhr.HeaderEvent)
	if event == jazzhr.EventVerify {
		return "verified", queue.AcceptVerify(r.context(), s.config.Pool, s.config.Client, tenant.TenantID, version)
	}
	_, parseErr := jazzhr.ParseExport(body)
	accepted, err := queue.AcceptExport(r.context(), s.config.Pool, s.config.Client, tenant, queue.Received{
		UUID:          text(r.gin.GetHeader(jazzhr.HeaderUUID)),
		Body:          body,
		Headers:       keptHeaders(r.gin.Request.Header),
		ExportContext: text(jazzhr.ExportContext(r.gin.Request.Header)),
		Readable:      event == jazzhr.EventCandidateExport && parseErr == nil,
		SecretVersion: version,
	})
	return string(accepted), err
}

// keptHeaders are those worth keeping with the body. The signature is not: whoever has both can try secrets on them.
func keptHeaders(header http.Header) map[string]string {
	kept := make(map[string]string)
	for _, name := range []string{jazzhr.HeaderLink, "User-Agent", jazzhr.HeaderEvent, jazzhr.HeaderUUID, jazzhr.HeaderExportContext} {
		if value := header.Get(name); value != "" {
			kept[name] = text(value)
		}
	}
	return kept
}

// maxHeader bounds what is kept of a header. What JazzHR sends in any is an address or an id.
const maxHeader = 2000

// text is a header's value as Postgres can keep it, which takes UTF-8 only and indexes no more than some 2,700 bytes.
func text(value string) string {
	return strings.ToValidUTF8(value[:min(len(value), maxHeader)], "\uFFFD")
}
