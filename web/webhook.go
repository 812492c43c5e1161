package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
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
	receiver, found, err := s.config.Intake.Receiver(r.context(), r.gin.Param("token"))
	if err != nil {
		return 0, nil, err
	}
	if !found {
		return 0, nil, notFound("webhook address")
	}
	noteTenant(r.gin, receiver.TenantID)
	// Only now: whoever knows no address can't hold memory that webhooks need.
	expected := r.gin.Request.ContentLength
	if expected < 0 || expected > maxWebhook {
		expected = maxWebhook
	}
	release, err := s.config.Intake.Reserve(expected)
	if err != nil {
		return 0, nil, err
	}
	defer release()
	body, err := r.read()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return 0, nil, s.refuse(r.context(), receiver, refusedTooLarge, err)
	}
	if err != nil {
		return 0, nil, err
	}
	secret, err := s.signedBy(r.context(), receiver, body, r.gin.GetHeader(jazzhr.HeaderSignature))
	if err != nil {
		return 0, nil, err
	}
	result, err := s.accept(r, receiver, body, secret)
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

// signedBy returns the secret that a body was signed with, or a refusal, which it has counted.
func (s *Server) signedBy(ctx context.Context, receiver tenant.Receiver, body []byte, signature string) (tenant.Secret, error) {
	refused := &failure{Code: CodeWrongSignature, Message: "the signature is missing or wrong"}
	if signature == "" {
		return tenant.Secret{}, s.refuse(ctx, receiver, refusedMissingSignature, refused)
	}
	secrets, err := s.config.Tenants.SecretsOf(receiver)
	if err != nil {
		return tenant.Secret{}, err
	}
	texts := make([]string, len(secrets))
	for i, secret := range secrets {
		texts[i] = secret.Text
	}
	i, ok := jazzhr.VerifySignature(texts, body, signature)
	if !ok {
		return tenant.Secret{}, s.refuse(ctx, receiver, refusedWrongSignature, refused)
	}
	return secrets[i], nil
}

// refuse counts a request that is not taken and returns the error to answer it with.
func (s *Server) refuse(ctx context.Context, receiver tenant.Receiver, reason string, because error) error {
	if err := queue.RefuseWebhook(ctx, s.config.Pool, receiver.TenantID, reason); err != nil {
		return err
	}
	return fmt.Errorf("webhook refused, %s: %w", reason, because)
}

// accept takes a rightly signed request. An event that is not known is kept as one that can't be read, for a person to
// see: what JazzHR signed is not thrown away.
func (s *Server) accept(r *request, receiver tenant.Receiver, body []byte, secret tenant.Secret) (result string, err error) {
	event := r.gin.GetHeader(jazzhr.HeaderEvent)
	if event == jazzhr.EventVerify {
		return "verified", queue.AcceptVerify(r.context(), s.config.Pool, s.config.Client, receiver.TenantID, secret.Version)
	}
	_, parseErr := jazzhr.ParseExport(body)
	accepted, err := s.config.Intake.Accept(r.context(), receiver, queue.Received{
		UUID:          text(r.gin.GetHeader(jazzhr.HeaderUUID)),
		Body:          body,
		Headers:       keptHeaders(r.gin.Request.Header),
		ExportContext: text(jazzhr.ExportContext(r.gin.Request.Header)),
		Readable:      event == jazzhr.EventCandidateExport && parseErr == nil,
		SecretVersion: secret.Version,
		SecretUsed:    secret.Used,
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
