package tenant

import (
	"context"
	"fmt"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// The regions.
const (
	RegionUS = "us"
	RegionEU = "eu"
)

// Deployment says where a deployment of the service runs, and so where it processes and stores data.
type Deployment struct {
	Region string            // whose tenants it serves
	Place  string            // its place, for people, such as Frankfurt
	Peers  map[string]string // the addresses of other deployments, by their region
}

// In returns the service as a deployment offers it, which refuses the tenants of other regions. A
// service that [New] returned takes those of every region.
func (s *Service) In(d Deployment) *Service {
	in := *s
	in.deployment = d
	return &in
}

// Deployment says where the service runs.
func (s *Service) Deployment() Deployment { return s.deployment }

// OtherRegionError says that a tenant belongs to another deployment, since its data may not be
// processed in this one.
type OtherRegionError struct {
	Region string // the tenant's
	Here   string // this deployment's
	Peer   string // the address of the deployment of the tenant's region; empty if it is not known
}

// Error says where the tenant belongs.
func (e *OtherRegionError) Error() string {
	peer := e.Peer
	if peer == "" {
		peer = "the deployment of region " + e.Region + ", whose address this one does not know (REGION_PEERS)"
	}
	return fmt.Sprintf("this deployment serves region %s; a tenant of region %s belongs to %s", e.Here, e.Region, peer)
}

// admit returns an [*OtherRegionError] for a region whose tenants the deployment does not serve.
func (d Deployment) admit(region string) error {
	if d.Region == "" || d.Region == region {
		return nil
	}
	return &OtherRegionError{Region: region, Here: d.Region, Peer: d.Peers[region]}
}

// CheckRegion returns an error if connected tenants are of another region than the deployment's: their
// data would be processed in the wrong place.
func (s *Service) CheckRegion(ctx context.Context) error {
	n, err := s.q.SystemConnectedElsewhere(ctx, s.pool, s.deployment.Region)
	if err != nil {
		return fmt.Errorf("look for tenants of another region: %w", err)
	}
	if n > 0 {
		return fmt.Errorf("%d connected tenants are of another region than this deployment's, which is %q: "+
			"correct REGION, or disconnect them and connect them where they belong", n, s.deployment.Region)
	}
	return nil
}

// NeedsConsent reports whether transcripts are written into JazzHR only after somebody of the customer
// has agreed, since they leave the customer's region.
func NeedsConsent(t gen.Tenant) bool { return t.Region != writeback.JazzHRRegion }

// DefaultNoteContent is what is written into a tenant's notes unless somebody chooses: all of an
// interview, or all but a transcript that would leave the region.
func DefaultNoteContent(region string) writeback.NoteContent {
	return writeback.NoteContent{Score: true, Summary: true, Link: true, Transcript: region == writeback.JazzHRRegion}
}
