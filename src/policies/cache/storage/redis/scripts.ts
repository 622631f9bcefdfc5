/**
 * The purge log is one sorted set: members are purges, scores are their epochs, which increase by one. A member
 * `floor …` marks the last dropped purge; its name identifies the log, which distinguishes a lost log from a continued
 * one. It is a single key, so it is lost as a whole, or its end is: a replica became the master before it had received
 * all, or an old copy was loaded. Such a log would give epochs twice, so a host that knows a later epoch of it begins
 * a new one. Epochs of a new log start at the time in microseconds, above those of any earlier one.
 */
const TOP = `
  local function text(number) return string.format('%.0f', number) end
  local function top()
    local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
    if last then return tonumber(last) end
    local time = redis.call('TIME')
    local seed = tonumber(time[1]) * 1000000 + tonumber(time[2])
    redis.call('ZADD', KEYS[1], text(seed), 'floor ' .. text(seed))
    return seed
  end
  local function floor()
    local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    return first[1], first[2]
  end
  local function renew(known, name)
    if top() < tonumber(known) and floor() == name then redis.call('DEL', KEYS[1]) end
  end
`;

/**
 * KEYS: the log. ARGV: the channel, the maximum length, the purge, the known epoch and the name of its log. Returns the
 * purge's epoch.
 */
export const APPEND = `${TOP}
  renew(ARGV[4], ARGV[5])
  local epoch = text(top() + 1)
  local member = epoch .. ' ' .. ARGV[3]
  redis.call('ZADD', KEYS[1], epoch, member)
  local over = redis.call('ZCARD', KEYS[1]) - 1 - tonumber(ARGV[2])
  if over > 0 then
    local name = floor()
    local gone = redis.call('ZRANGE', KEYS[1], over, over, 'WITHSCORES')[2]
    redis.call('ZREMRANGEBYRANK', KEYS[1], 1, over)
    redis.call('ZADD', KEYS[1], gone, name)
  end
  redis.call('PUBLISH', ARGV[1], member)
  return epoch
`;

/** KEYS: the log. ARGV: the known epoch and the name of its log. Returns the log's name, its floor, later purges. */
export const READ = `${TOP}
  renew(ARGV[1], ARGV[2])
  top()
  local name, lowest = floor()
  local rows = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf')
  return { name, lowest, rows }
`;

/** KEYS: a claim. ARGV: its owner. */
export const RELEASE = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
  return 0
`;
