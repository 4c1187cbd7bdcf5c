// Made of the Worker's own schemas by `npm run client`: change those instead.
export {};
