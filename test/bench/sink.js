// Stands for the queue behind the EVENTS binding: a bare workerd sends each message to a service, over HTTP, and wants
// the queue's metrics back.
const metrics = { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 }

export default {
  async fetch(request) {
    await request.arrayBuffer()
    return Response.json({ metadata: { metrics } })
  },
}
