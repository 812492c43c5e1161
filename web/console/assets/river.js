// The way from River UI back to the console. River UI goes from page to page by itself, so the link to the job that is looked
// at follows the address.
"use strict";

(() => {
  const link = document.querySelector(".console-back [data-job]");
  const follow = () => {
    const job = /^\/console\/river\/jobs\/(\d+)/.exec(location.pathname);
    link.hidden = !job;
    if (job) link.href = `/console/queue/jobs/${job[1]}`;
  };
  new MutationObserver(follow).observe(document.querySelector("#root") ?? document.body, { childList: true, subtree: true });
  addEventListener("popstate", follow);
  follow();
})();
