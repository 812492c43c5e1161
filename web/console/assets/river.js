// The links from River UI to the console. River UI changes pages by script, so this script keeps the
// link to the current job up to date.
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
