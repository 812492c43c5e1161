package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// webhookTimeout is the default of [Config.WebhookTimeout].
const webhookTimeout = 10 * time.Second

// Why a webhook was refused. The tenant's last reason is shown to whoever sets up the integration.
const (
	refusedMissingSignature = "missing_signature"
	refusedWrongSignature   = "wrong_signature"
	refusedTooLarge         = "too_large"
)

// receiveWebhook takes a webhook of JazzHR's. It answers 200 after the commit that holds the
// webhook and its job.
func (s *Server) receiveWebhook(r *request) (int, any, error) {
	receiver, found, err := s.config.Intake.Receiver(r.context(), r.gin.Param("token"))
	if err != nil {
		return 0, nil, err
	}
	if !found {
		return 0, nil, notFound("webhook address")
	}
	setLogTenant(r.gin, receiver.TenantID)
	// Memory is reserved only now, so that a caller who knows no address can't use it up.
	room := s.config.Intake.Room(receiver.TenantID, r.client())
	defer room.Release()
	body, err := s.readWebhook(r, room)
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

// Memory is reserved for so much of a body at a time: little at first, then twice as much each time.
const (
	firstChunk = 16 << 10
	lastChunk  = 256 << 10
)

// readWebhook reads a body within the time that a webhook may take, and each chunk within half of
// it. Memory is reserved as the bytes arrive: a caller who announces much and sends little holds
// little, and not for long.
func (s *Server) readWebhook(r *request, room *intake.Room) ([]byte, error) {
	connection := http.NewResponseController(r.gin.Writer)
	end := time.Now().Add(s.webhookTimeout())
	announced := r.gin.Request.ContentLength
	var read bytes.Buffer
	for chunk := int64(firstChunk); announced < 0 || int64(read.Len()) < announced; chunk = min(2*chunk, lastChunk) {
		size := chunk
		if announced >= 0 {
			size = min(size, announced-int64(read.Len()))
		}
		if err := room.Grow(size); err != nil {
			return nil, err
		}
		within := min(time.Until(end), s.webhookTimeout()/2)
		if err := connection.SetReadDeadline(time.Now().Add(within)); err != nil {
			return nil, fmt.Errorf("bound the reading of a webhook: %w", err)
		}
		_, err := io.CopyN(&read, r.gin.Request.Body, size)
		switch _, tooLarge := errors.AsType[*http.MaxBytesError](err); {
		case errors.Is(err, io.EOF):
			announced = int64(read.Len())
		case tooLarge:
			return nil, err
		case err != nil:
			// The deadline stays: the server reads on for a while before it answers.
			return nil, &apiError{Code: CodeInvalidRequest, Message: "the body did not arrive whole"}
		}
	}
	if err := connection.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("end the bound on reading a webhook: %w", err)
	}
	return read.Bytes(), nil
}

func (s *Server) webhookTimeout() time.Duration {
	return cmp.Or(s.config.WebhookTimeout, webhookTimeout)
}

// outliveClient lets a request go on when its client hangs up. JazzHR's timeout is not known, and
// it may never send a webhook again. So what has arrived is kept, and if it does come again it is a
// repeat.
func outliveClient(c *gin.Context) {
	c.Request = c.Request.WithContext(context.WithoutCancel(c.Request.Context()))
}

// webhookAnswer says what became of a webhook, for a person who tries the address by hand. JazzHR
// reads the status only.
type webhookAnswer struct {
	Result string `json:"result"`
}

// signedBy returns the secret that a body was signed with. If it was signed with none, signedBy
// counts the refusal and returns the error to answer with.
func (s *Server) signedBy(
	ctx context.Context, receiver tenant.Receiver, body []byte, signature string,
) (tenant.Secret, error) {
	refused := &apiError{Code: CodeWrongSignature, Message: "the signature is missing or wrong"}
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

// refuse counts a refusal and returns the error to answer with.
func (s *Server) refuse(ctx context.Context, receiver tenant.Receiver, reason string, because error) error {
	if err := s.config.Intake.Refuse(ctx, receiver.TenantID, reason); err != nil {
		return err
	}
	return fmt.Errorf("webhook refused, %s: %w", reason, because)
}

// accept stores a webhook that is rightly signed, or verifies the tenant if it is VERIFY.
func (s *Server) accept(
	r *request, receiver tenant.Receiver, body []byte, secret tenant.Secret,
) (result string, err error) {
	event := r.gin.GetHeader(jazzhr.HeaderEvent)
	if event == jazzhr.EventVerify {
		if !jazzhr.IsVerify(body) {
			return "", &apiError{Code: CodeInvalidRequest, Message: "the body is not that of VERIFY"}
		}
		return "verified", intake.AcceptVerify(r.context(), s.config.Pool, s.config.Client, receiver.TenantID, secret.Version)
	}
	accepted, err := s.config.Intake.Accept(r.context(), receiver, intake.Received{
		Event:         headerText(event),
		UUID:          headerText(r.gin.GetHeader(jazzhr.HeaderUUID)),
		Body:          body,
		Headers:       keptHeaders(r.gin.Request.Header),
		ExportContext: headerText(jazzhr.ExportContext(r.gin.Request.Header)),
		SecretVersion: secret.Version,
		SecretUsed:    secret.Used,
	})
	return string(accepted), err
}

// keptHeaders returns the headers to keep with the body. The signature is not kept: whoever has
// body and signature can try secrets on them.
func keptHeaders(header http.Header) map[string]string {
	kept := make(map[string]string)
	for _, name := range []string{
		jazzhr.HeaderLink, "User-Agent", jazzhr.HeaderEvent, jazzhr.HeaderUUID, jazzhr.HeaderExportContext,
	} {
		if value := header.Get(name); value != "" {
			kept[name] = headerText(value)
		}
	}
	return kept
}

// maxHeader bounds what is kept of a header, in bytes. JazzHR's headers hold an address or an id.
const maxHeader = 2000

// headerText returns a header's value in a form that Postgres can store: it takes UTF-8 only, and
// its index no more than about 2,700 bytes.
func headerText(value string) string {
	return strings.ToValidUTF8(value[:min(len(value), maxHeader)], "\uFFFD")
}
