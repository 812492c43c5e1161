package console

// allPages is every page but the sign-in, the errors and those that customers see. A new one is added here.
func (k *Console) allPages() []page {
	return []page{
		k.healthPage(),
		k.recordPage(),
	}
}

// allDeeds is everything that posted forms do. A new one is added here.
func (k *Console) allDeeds() []deed {
	return nil
}
