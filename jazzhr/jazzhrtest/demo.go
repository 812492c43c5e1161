package jazzhrtest

import "time"

// Demo adds an account with the given API key, four jobs and eight candidates, and returns it. Two
// candidates have the same name.
func Demo(s *Sim, key string) *Account {
	a := s.AddAccount(key)
	a.Configure(func(st *Settings) { st.Company = "Harbour & Pine" })
	now := s.now()
	ago := func(days int) time.Time { return now.Add(-time.Duration(days) * 24 * time.Hour) }

	nurse := a.AddJob(Job{
		Title: "Registered Nurse, Night Shift", BoardCode: "tZqAHP6nnh", Department: "Care",
		City: "Portland", State: "ME", Zip: "04101", HiringLead: userRecruiter, Opened: ago(30),
		Description: "<p>Care for up to eight patients on a surgical ward, from seven to seven.</p>",
	})
	backend := a.AddJob(Job{
		Title: "Backend Engineer (Go)", BoardCode: "k3WmR8xVdQ", Department: "Engineering",
		City: "Boston", State: "MA", Zip: "02110", HiringLead: userRecruiter, Opened: ago(21),
		Description: "<p>Build the services that move our data. Go and Postgres.</p>",
	})
	support := a.AddJob(Job{
		Title: "Customer Support Specialist", BoardCode: "Hb52LpYcTe", Department: "Support", Type: "Part Time",
		City: "Remote", HiringLead: userRecruiter, Opened: ago(14),
		Description: "<p>Answer those who write and call us, and tell us what they need.</p>",
	})
	a.AddJob(Job{
		Title: "Warehouse Lead", BoardCode: "q9JfNsUa4G", Department: "Logistics", Status: "On Hold",
		City: "Portland", State: "ME", Zip: "04103", HiringLead: userRecruiter, Opened: ago(60),
	})

	add := func(first, last, email, phone string, days int, jobs ...Job) Applicant {
		ids := make([]string, len(jobs))
		for i, j := range jobs {
			ids[i] = j.ID
		}
		return a.AddApplicant(Applicant{
			FirstName: first, LastName: last, Email: email, Phone: phone,
			City: "Boston", State: "MA", Source: "Job board", Applied: ago(days),
			Attachments: []Attachment{{
				FileName: "resume.txt", MIMEType: "text/plain",
				Content: []byte(first + " " + last + "\n\nRésumé of a candidate of the demonstration.\n"),
			}},
		}, ids...)
	}
	add("Amara", "Okafor", "amara.okafor@example.com", "617-555-0101", 6, nurse)
	jordan := add("Jordan", "Lee", "jordan.lee@example.com", "617-555-0102", 5, backend)
	add("Jordan", "Lee", "jlee.support@example.com", "617-555-0103", 5, support) // another person of the same name
	add("Zoë", "Brontë", "zoe.bronte@example.com", "617-555-0104", 4, support)
	add("Mateo", "Álvarez", "mateo.alvarez@example.com", "617-555-0105", 3, backend)
	add("Priya", "Raman", "priya.raman@example.com", "617-555-0106", 2, backend, support)
	add("Siobhán", "O'Neill", "siobhan.oneill@example.com", "617-555-0107", 1, nurse)
	add("Kenji", "Watanabe", "kenji.watanabe@example.com", "617-555-0108", 0, nurse)

	// The account has these ids, so this can't fail.
	_ = a.MoveStage(jordan.ID, backend.ID, "Phone Screen")
	return a
}
