package console

// allPages is every page but the sign-in, the errors and those that customers see. A new one is added here.
func (k *Console) allPages() []page {
	return []page{
		k.tenantsPage(),
		k.tenantPage(),
		k.tenantAskPage(),
		k.candidatesPage(),
		k.attentionPage(),
		k.attentionItemPage(),
		k.webhooksPage(),
		k.webhookPage(),
		k.queuePage(),
		k.jobPage(),
		k.healthPage(),
		k.recordPage(),
	}
}

// allDeeds is everything that posted forms do. A new one is added here.
func (k *Console) allDeeds() []deed {
	return append(k.tenantDeeds(), []deed{
		{route: "/tenants/:id/connect-link", show: k.makeLink, file: "tenant-link"},
		{route: "/attention/:tenant/:item", do: k.decide},
		{route: "/webhooks/:tenant/:webhook/replay", do: k.replay},
		{route: "/webhooks/:tenant/:webhook/reveal", show: k.reveal, file: "webhook-revealed"},
	}...)
}
