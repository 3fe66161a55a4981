"""Scrapy's settings for every crawler: what it may do, and above all what it may not.

The base tables of components are replaced, not added to: nothing of Scrapy's runs here that is not named below.
"""

BOT_NAME = "zoeklicht"
SPIDER_MODULES = ["spiders.sites"]

# Ours: leases in, records out.
ADDONS = {"crawler.fetching.addon.ConfiguredAddon": 0}
SCHEDULER = "crawler.fetching.scheduler.LeaseScheduler"
EXTENSIONS_BASE: dict[str, int] = {}
EXTENSIONS = {
    "crawler.fetching.wiring.Wiring": 0,
    "crawler.fetching.sharing.Sharing": 0,
    "crawler.fetching.recalling.Recalling": 10,
}
ITEM_PIPELINES = {
    "crawler.pipelines.HashingPipeline": 100,
    "crawler.pipelines.PublishingPipeline": 200,
}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
SPIDER_MIDDLEWARES = {"crawler.fetching.leases.LeaseMiddleware": 10}
# No offsite, retry, redirect, meta-refresh, referer, cookies, proxy or cache middleware: each would fetch, follow,
# tell or keep something past the frontier.
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES = {
    "crawler.fetching.robots.RobotsMiddleware": 100,
    "crawler.fetching.content.ContentMiddleware": 150,
    "crawler.fetching.browser.BrowserMiddleware": 175,
    "crawler.fetching.status.StatusMiddleware": 200,
    "crawler.fetching.access.AccessMiddleware": 250,
    "crawler.fetching.recalling.RecallMiddleware": 260,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
    "crawler.fetching.proxying.ProxyMiddleware": 900,
    "crawler.fetching.stopping.StopMiddleware": 900,
}
DEFAULT_REQUEST_HEADERS: dict[str, str] = {}

# Only http and https: `file` would read this machine's files.
DOWNLOAD_HANDLERS = {
    "http": "crawler.fetching.streaming.StreamingDownloadHandler",
    "https": "crawler.fetching.streaming.StreamingDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
TWISTED_DNS_RESOLVER = "crawler.fetching.resolver.ScopedResolver"
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

# No way in: both of these run code inside the process.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# Nothing kept, nothing told.
HTTPCACHE_ENABLED = False
COOKIES_ENABLED = False
LOG_INSTALL_ROOT_HANDLER = False  # zoeklicht's own handler writes the log; see crawler.contract.logs
LOG_FORMATTER = "crawler.fetching.log_formatter.SilentLogFormatter"
STATS_DUMP = False
MEMDEBUG_ENABLED = False

# The pace is the scheduler's (crawler.fetching.pacing), so Scrapy's own is out of the way.
CONCURRENT_REQUESTS_PER_DOMAIN = 1_000_000
DOWNLOAD_DELAY = 0
DOWNLOAD_DELAY_JITTER = 0
# Scrapy starts so many tasks for each response, and a picture is one item: 16 took a fifth of the reactor's time.
CONCURRENT_ITEMS = 1
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 512 * 1024 * 1024  # one large picture must not stall the rest
DOWNLOAD_FAIL_ON_DATALOSS = False  # what came is looked at, and marked as truncated
DOWNLOAD_WARNSIZE = 0  # the warning quotes the address
RETRY_ENABLED = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
REACTOR_THREADPOOL_MAXSIZE = 20
"""Threads for name look-ups."""
