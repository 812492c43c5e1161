package console

// guardedPage is a page, and the least role that may open it.
type guardedPage struct {
	page
	least Role
}

// guardedAction is an action, and the least role that may do it.
type guardedAction struct {
	action
	least Role
}

// riverRole is the least role that may use River UI, which knows no roles of its own.
const riverRole = Admin

// allPages returns every page but the sign-in, the errors and the pages of connect links, each with
// the least role that may open it. Add a new page here: it does not compile without a role.
func (k *Console) allPages() []guardedPage {
	return []guardedPage{
		{k.tenantsPage(), Reader},
		{k.tenantPage(), Reader},
		{k.confirmationPage(), Operator},
		{k.candidatesPage(), Support},
		{k.attentionPage(), Reader},
		{k.casePage(), Support},
		{k.webhooksPage(), Reader},
		{k.webhookPage(), Reader},
		{k.queuePage(), Reader},
		{k.jobPage(), Reader},
		{k.healthPage(), Reader},
		{k.recordPage(), Reader},
		{k.tokensPage(), Admin},
		{k.sessionsPage(), Admin},
	}
}

// allActions returns what handles each posted form, but those of connect links, each with the least
// role that may post it. Add a new action here: it does not compile without a role.
func (k *Console) allActions() []guardedAction {
	return []guardedAction{
		{action{route: "/tenants/:id/" + actionPause, run: k.pauseTenant}, Operator},
		{action{route: "/tenants/:id/" + actionResume, run: k.resumeTenant}, Operator},
		{action{route: "/tenants/:id/" + actionResync, run: k.resyncTenant}, Operator},
		{action{route: "/tenants/:id/" + actionRotate, show: k.rotateSecret, file: "tenant-secret"}, Operator},
		{action{route: "/tenants/:id/" + actionDisconnect, run: k.disconnectTenant}, Operator},
		{action{route: "/tenants/:id/connect-link", show: k.makeLink, file: "tenant-link"}, Operator},
		{action{route: "/attention/:tenant/:item", run: k.decide}, Support},
		{action{route: "/webhooks/:tenant/:webhook/replay", run: k.replay}, Support},
		{action{route: "/webhooks/:tenant/:webhook/reveal", show: k.reveal, file: "webhook-revealed"}, Support},
		{action{route: "/sessions/:session/end", run: k.endSession}, Admin},
	}
}
