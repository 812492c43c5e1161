package console

// allPages returns every page but the sign-in, the errors and the pages of connect links. Add a new
// page here.
func (k *Console) allPages() []page {
	return []page{
		k.tenantsPage(),
		k.tenantPage(),
		k.confirmationPage(),
		k.candidatesPage(),
		k.attentionPage(),
		k.casePage(),
		k.webhooksPage(),
		k.webhookPage(),
		k.queuePage(),
		k.jobPage(),
		k.healthPage(),
		k.recordPage(),
		k.tokensPage(),
	}
}

// allActions returns what handles each posted form, but those of connect links. Add a new action
// here.
func (k *Console) allActions() []action {
	return append(k.tenantActions(), []action{
		{route: "/tenants/:id/connect-link", show: k.makeLink, file: "tenant-link"},
		{route: "/attention/:tenant/:item", run: k.decide},
		{route: "/webhooks/:tenant/:webhook/replay", run: k.replay},
		{route: "/webhooks/:tenant/:webhook/reveal", show: k.reveal, file: "webhook-revealed"},
	}...)
}
